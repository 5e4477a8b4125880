/**
 * The gradient of an objective, by the embeddings and by its own variables.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { fail, type Finding, verdict } from "./check.ts";
import { gradientError } from "./finite_differences.ts";
import { toInput } from "./objective_input.ts";
import { BATCH, DIM, labelsOf, type ObjectiveSubject, viewsOf } from "./objective_subject.ts";

/** Of the typical derivative along a direction. */
const TOLERANCE = 0.02;

/** Compares it with finite differences. */
export async function checkGradient({ device, objective }: ObjectiveSubject): Promise<Finding> {
  const { tf } = device;
  const views = viewsOf(objective);
  const { views: rows, labels } = toInput(device, views, labelsOf(BATCH));
  const variables = (objective.variables ?? []).filter(({ trainable }) => trainable);
  const at = [...rows, ...variables.map((variable) => variable.clone())];
  const input = (moved: readonly tf.Tensor[]) => ({
    views: moved.slice(0, rows.length).map((view) => view.as2D(BATCH, DIM)),
    labels,
  });
  const value = (moved: readonly tf.Tensor[]) => {
    variables.forEach((variable, i) => variable.assign(moved[rows.length + i]));
    return objective.loss(input(moved));
  };
  const ofViews = () => tf.grads((...moved) => objective.loss(input(moved)))([...rows]);
  const ofVariables = () => {
    const { value, grads } = tf.variableGrads(() => objective.loss(input(rows)), variables);
    value.dispose();
    const lost = variables.findIndex(({ name }) => !Object.hasOwn(grads, name) || !grads[name]);
    if (lost < 0) return variables.map(({ name }) => grads[name]);
    throw new Error(`no gradient reaches variable ${lost} of ${variables.length}`);
  };
  try {
    const { relative, norm } = await gradientError(device, {
      at,
      value,
      gradient: () => [...ofViews(), ...(variables.length > 0 ? ofVariables() : [])],
    });
    if (norm === 0) return fail("it is 0 on random embeddings");
    const off = `${Number((100 * relative).toPrecision(2))} % from finite differences`;
    return verdict(relative <= TOLERANCE, off);
  } finally {
    variables.forEach((variable, i) => variable.assign(at[rows.length + i]));
  }
}

/** Checks an objective on a device against float64: its value, its gradient, its tensors. */
import { assert, assertEquals } from "@std/assert";
import type { Device } from "../../lib/device/device.ts";
import type { Objective, Plugin } from "../../lib/plugin.ts";
import { checkEnv } from "../../lib/plugin_check/check.ts";
import * as parts from "../../lib/plugin_check/objective_input.ts";
import type { LossAndGradient, Views } from "../../lib/plugin_check/objective_input.ts";

export { lossOf, randomViews, toInput } from "../../lib/plugin_check/objective_input.ts";

/** At most this many coordinates of a gradient are compared, evenly spread. */
const COORDINATES = 40;
const STEP = 1e-6;

/** Makes an objective on a device; options not given have their defaults. */
export async function makeObjective(
  plugin: Plugin<"objective">,
  options: Record<string, unknown>,
  device: Device,
): Promise<Objective> {
  return await plugin.create(plugin.options.parse(options), checkEnv(device));
}

/** {@linkcode parts.lossAndGradient}, which may leave no tensors. */
export async function lossAndGradient(
  device: Device,
  objective: Objective,
  views: Views,
  labels?: readonly number[],
): Promise<LossAndGradient> {
  const before = device.tf.memory().numTensors;
  const result = await parts.lossAndGradient(device, objective, views, labels);
  assertEquals(device.tf.memory().numTensors, before, "the count of tensors after a step");
  return result;
}

/** One check of {@linkcode checkGradient}. */
export interface GradientCheck {
  views: Views;
  labels?: readonly number[];
  /** The loss in float64. */
  reference: (views: Views) => number;
  /** Of the value against max(1, |value|), and of the gradient against its largest coordinate. */
  tolerance: number;
}

/** Compares value and gradient with the float64 reference and its central finite differences. */
export async function checkGradient(
  device: Device,
  objective: Objective,
  { views, labels, reference, tolerance }: GradientCheck,
): Promise<void> {
  const { value, gradient } = await lossAndGradient(device, objective, views, labels);
  const expected = reference(views);
  const error = Math.abs(value - expected) / Math.max(1, Math.abs(expected));
  assert(error <= tolerance, `loss ${value}, not ${expected}`);

  const [batch, dim] = [views[0].length, views[0][0].length];
  const size = views.length * batch * dim;
  const stride = Math.max(1, Math.floor(size / COORDINATES));
  const pairs: [number, number][] = [];
  for (let i = 0; i < size; i += stride) {
    const [v, rest] = [Math.floor(i / (batch * dim)), i % (batch * dim)];
    const moved = views.map((view) => view.map((row) => [...row]));
    const at = (x: number) => {
      moved[v][Math.floor(rest / dim)][rest % dim] = x;
      return reference(moved);
    };
    const x = views[v][Math.floor(rest / dim)][rest % dim];
    pairs.push([gradient[v][rest], (at(x + STEP) - at(x - STEP)) / (2 * STEP)]);
  }
  const largest = Math.max(...pairs.map(([, expected]) => Math.abs(expected)));
  for (const [actual, expected] of pairs) {
    const error = Math.abs(actual - expected);
    assert(error <= tolerance * largest + 1e-7, `gradient ${actual}, not ${expected}`);
  }
}

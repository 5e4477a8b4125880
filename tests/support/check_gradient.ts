/** Checks an objective on a device against float64: its value, its gradient, its tensors. */
import { assert, assertEquals } from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../../lib/device/device.ts";
import type { Objective, ObjectiveInput, Plugin } from "../../lib/plugin.ts";
import { rng } from "../../lib/random.ts";
import type { Views } from "./oracle.ts";

/** At most this many coordinates of a gradient are compared, evenly spread. */
const COORDINATES = 40;
const STEP = 1e-6;

/** Makes an objective on a device; options not given have their defaults. */
export async function makeObjective(
  plugin: Plugin<"objective">,
  options: Record<string, unknown>,
  device: Device,
): Promise<Objective> {
  return await plugin.create(plugin.options.parse(options), {
    tf: device.tf,
    seed: 0,
    cache: "unused",
    progress: () => {},
    signal: new AbortController().signal,
    inputShape: [1],
    classes: [],
  });
}

/** What {@linkcode randomViews} makes. */
export interface RandomViews {
  seed: number;
  count: number;
  batch: number;
  dim: number;
  /** Whether rows have unit norm, default true. */
  unit?: boolean;
}

/** Views of random examples; the views of one example are close to each other. */
export function randomViews({ seed, count, batch, dim, unit = true }: RandomViews): number[][][] {
  const random = rng(seed, count, batch, dim);
  const normals = () => Array.from({ length: dim }, () => random.normal());
  const centres = Array.from({ length: batch }, normals);
  return Array.from({ length: count }, () =>
    centres.map((centre) => {
      const row = normals().map((x, d) => centre[d] + 0.6 * x);
      const norm = unit ? Math.hypot(...row) : 1;
      return row.map((x) => x / norm);
    }));
}

/** Puts views and labels on the device; the caller disposes, or is in a tidy. */
export function toInput(device: Device, views: Views, labels?: readonly number[]): ObjectiveInput {
  const { tf } = device;
  return {
    views: views.map((view) => tf.tensor2d(view.map((row) => [...row]))),
    labels: labels && tf.tensor1d([...labels], "int32"),
  };
}

/** The loss of an objective, read back. */
export async function lossOf(
  device: Device,
  objective: Objective,
  views: Views,
  labels?: readonly number[],
): Promise<number> {
  const loss = device.tf.tidy(() => objective.loss(toInput(device, views, labels)));
  const [value] = await loss.data();
  loss.dispose();
  return value;
}

/** The loss of an objective and its gradient by each view, read back; leaves no tensors. */
export async function lossAndGradient(
  device: Device,
  objective: Objective,
  views: Views,
  labels?: readonly number[],
): Promise<{ value: number; gradient: number[][] }> {
  const { tf } = device;
  const before = tf.memory().numTensors;
  const input = toInput(device, views, labels);
  const loss = (...tensors: tf.Tensor[]) =>
    objective.loss({ ...input, views: tensors.map((t) => t.as2D(views[0].length, -1)) });
  const { value, grads } = tf.valueAndGrads(loss)([...input.views]);
  const [read, ...gradient] = await Promise.all([value, ...grads].map((t) => t.data()));
  tf.dispose([value, ...grads, ...input.views, ...(input.labels ? [input.labels] : [])]);
  assertEquals(tf.memory().numTensors, before, "the count of tensors after a step");
  return { value: read[0], gradient: gradient.map((g) => [...g]) };
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

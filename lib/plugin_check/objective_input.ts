/**
 * Embeddings for an objective, and what it makes of them.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import type { Objective, ObjectiveInput } from "../plugin.ts";
import { rng } from "../random.ts";
import type { CheckPlace } from "./check.ts";

/** Views of a batch: `views[v][b]` is the embedding of view v of example b. */
export type Views = readonly (readonly (readonly number[])[])[];

/** What {@linkcode randomViews} makes. */
export interface RandomViews {
  /** Other seeds, other views. */
  readonly seed: number;
  /** The number of views. */
  readonly count: number;
  /** The number of examples. */
  readonly batch: number;
  /** The length of an embedding. */
  readonly dim: number;
  /** Whether rows have unit norm, default true. */
  readonly unit?: boolean;
  /** Coordinates from here on are a tenth as large: cosines then spread as in so few dimensions. */
  readonly rank?: number;
}

/** Views of random examples; the views of one example are close to each other. */
export function randomViews(
  { seed, count, batch, dim, unit = true, rank = dim }: RandomViews,
): number[][][] {
  const random = rng(seed, count, batch, dim);
  const normals = () =>
    Array.from({ length: dim }, (_, d) => random.normal() * (d < rank ? 1 : 0.1));
  const centers = Array.from({ length: batch }, normals);
  return Array.from({ length: count }, () =>
    centers.map((center) => {
      const row = normals().map((x, d) => center[d] + 0.6 * x);
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

export interface LossAndGradient {
  readonly value: number;
  /** The gradient by each view, [batch · dim]. */
  readonly gradient: number[][];
}

/** The loss of an objective and its gradient by each view, read back. */
export async function lossAndGradient(
  device: Device,
  objective: Objective,
  views: Views,
  labels?: readonly number[],
): Promise<LossAndGradient> {
  const { tf } = device;
  const input = toInput(device, views, labels);
  const loss = (...tensors: tf.Tensor[]) =>
    objective.loss({ ...input, views: tensors.map((t) => t.as2D(views[0].length, -1)) });
  const { value, grads } = tf.valueAndGrads(loss)([...input.views]);
  const [read, ...gradient] = await Promise.all([value, ...grads].map((t) => t.data()));
  tf.dispose([value, ...grads, ...input.views, ...(input.labels ? [input.labels] : [])]);
  return { value: read[0], gradient: gradient.map((g) => [...g]) };
}

export interface TestedObjective extends CheckPlace {
  /** The name on the command line. */
  readonly name: string;
  readonly objective: Objective;
  /** The objective at a temperature, or why there is none. */
  readonly atTemperature: (temperature: number) => Promise<Objective | string>;
  /** Built-in objectives, to compare the speed with. */
  readonly others: Readonly<Record<string, Objective>>;
}

/** Examples of a batch, and the length of an embedding: that of --feature_dim, for queues. */
export const BATCH = 8, DIM = 128;
/** In 128 dimensions all random rows are about orthogonal; embeddings of images are not. */
const RANK = 4;

/** Labels of three classes, and some that are unknown. */
export const labelsOf = (batch: number) =>
  Array.from({ length: batch }, (_, i) => [1, 0, 2, -1][i % 4]);

/** Random views, as many and of such rows as the objective asks for. */
export function viewsOf({ unitRows, views }: Objective, batch = BATCH, seed = 1): number[][][] {
  const unit = unitRows ?? true;
  return randomViews({ seed, count: views ?? 2, batch, dim: DIM, unit, rank: RANK });
}

/** Rows that coincide, rows that are opposite, and views that are identical. */
export function extremeViews(objective: Objective): number[][][] {
  const view = viewsOf(objective)[0];
  const opposite = view[0].map((x) => -x);
  const rows = [view[0], opposite, view[0], ...view.slice(3)];
  return Array.from({ length: objective.views ?? 2 }, () => rows);
}

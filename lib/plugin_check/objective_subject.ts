/**
 * What objectives are tried with.
 *
 * @module
 */
import type { Objective } from "../plugin.ts";
import type { CheckPlace } from "./check.ts";
import { randomViews } from "./objective_input.ts";

/** An objective and what it is tried with. */
export interface ObjectiveSubject extends CheckPlace {
  /** The name on the command line. */
  readonly name: string;
  /** The objective. */
  readonly objective: Objective;
  /** The objective at a temperature, or why there is none. */
  readonly atTemperature: (temperature: number) => Promise<Objective | string>;
  /** Objectives of ours, to compare the speed with. */
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

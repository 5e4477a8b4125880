/**
 * Rows of float32 values for many examples, made batch by batch.
 *
 * @module
 */
import { TrainingError, UsageError } from "../errors.ts";
import type { Progress } from "../plugin.ts";
import { turn } from "./turn.ts";

/** How to go through the examples. */
export interface RowsOptions {
  /** What is done, for progress and errors: `features of test`. */
  readonly task: string;
  /** Examples at a time, at least 1. */
  readonly batchSize: number;
  /** Reports the examples done. */
  readonly progress?: (progress: Progress) => void;
  /** Aborts between batches. */
  readonly signal?: AbortSignal;
}

/**
 * The rows of all examples as one array [indices.length, dim].
 *
 * @param indices the examples, in order
 * @param dim the length of a row
 * @param rowsOf makes the rows [batch.length, dim] of a batch of indices
 * @throws UsageError where the batch size is no positive integer
 * @throws TrainingError where a value is not finite
 */
export async function collectRows(
  indices: Int32Array,
  dim: number,
  rowsOf: (batch: Int32Array) => Promise<Float32Array>,
  { task, batchSize, progress, signal }: RowsOptions,
): Promise<Float32Array> {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new UsageError({
      act: `compute ${task}`,
      rule: "the batch size must be a positive integer",
      got: batchSize,
      next: "Choose another, such as 256.",
    });
  }
  const total = indices.length;
  const all = new Float32Array(total * dim);
  for (let start = 0; start < total; start += batchSize) {
    await turn(signal);
    progress?.({ task, done: start, total, unit: "images" });
    const rows = await rowsOf(indices.subarray(start, start + batchSize));
    const wrong = rows.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new TrainingError({
        act: `compute ${task}`,
        rule: `every value of example ${indices[start + Math.floor(wrong / dim)]} must be finite`,
        got: rows[wrong],
        next: "The encoder has diverged, or the data has such values: use an earlier checkpoint, " +
          "or train with a lower learning rate.",
      });
    }
    all.set(rows, start * dim);
  }
  progress?.({ task, done: total, total, unit: "images" });
  return all;
}

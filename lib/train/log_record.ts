/**
 * The lines of the metrics log.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { falseNegativeRate } from "../data/class_prior.ts";
import type { ObjectiveInput } from "../plugin.ts";
import type { Batch } from "./batches.ts";
import { blame } from "./blame.ts";
import type { Counters } from "./checkpoint.ts";
import { type NamedObjective, wrongObjective } from "./objective_loss.ts";
import type { TrainOptions } from "./options.ts";
import type { MetricsRecord } from "../run/run_folder.ts";

/** A line of the log. Its times (`images_per_second`, `seconds`, `time`) differ from run to run. */
export interface LogRecord extends MetricsRecord {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Mean loss of the steps since the last line. */
  readonly loss: number;
  /** The learning rate of the step. */
  readonly learning_rate: number;
  /** Examples per second since the last line. */
  readonly images_per_second: number;
  /** Seconds spent on the run. */
  readonly seconds: number;
  /** When the line was written, as `2026-11-23T22:17:01.123Z`. */
  readonly time: string;
}

/** What was read back from the device. */
export interface Readings {
  /** The losses since the last line. */
  readonly losses: Float32Array;
  /** The objective's diagnostics of the step. */
  readonly diagnostics: readonly (readonly [string, number])[];
}

/** The line of a step that is just done; `spent` seconds passed since the last line. */
export function logRecord(
  done: Counters,
  learningRate: number,
  spent: number,
  { batchSize }: TrainOptions,
  { labels }: Batch,
  { losses, diagnostics }: Readings,
): LogRecord {
  const falseNegatives = labels ? falseNegativeRate(labels) : NaN;
  return {
    ...Object.fromEntries(diagnostics),
    epoch: done.epoch + 1,
    step: done.step,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
    learning_rate: learningRate,
    ...(Number.isFinite(falseNegatives) && { false_negative_rate: falseNegatives }),
    images_per_second: Number((batchSize * losses.length / spent).toFixed(1)),
    seconds: Number(done.seconds.toFixed(3)),
    time: new Date().toISOString(),
  };
}

/** The objective's diagnostics. Throws a PluginError where it throws or gives what is no scalar. */
export function diagnose(
  { name, objective }: NamedObjective,
  input: ObjectiveInput,
): Record<string, tf.Scalar> {
  const scalars = tf.tidy(() =>
    blame("objective", name, "give its diagnostics", () => objective.diagnostics?.(input) ?? {})
  );
  const wrong = Object.entries<unknown>(scalars).find(([, value]) =>
    !(value instanceof tf.Tensor) || value.rank !== 0
  );
  if (!wrong) return scalars;
  throw wrongObjective(
    name,
    `its diagnostic ${wrong[0]} must be a scalar tensor`,
    wrong[1] instanceof tf.Tensor ? `shape [${wrong[1].shape}]` : wrong[1],
    "Reduce it with mean() or sum().",
  );
}

/**
 * The lines of the metrics log.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { falseNegativeRate } from "../data/class_prior.ts";
import type { Objective, ObjectiveInput } from "../plugin.ts";
import type { Batch } from "./batches.ts";
import type { Counters } from "./checkpoint.ts";
import { type EmbeddingMetrics, embeddingMetrics, measureEmbeddings } from "./embedding_metrics.ts";
import { wrongObjective } from "./objective_loss.ts";
import type { TrainOptions } from "./options.ts";
import type { MetricsRecord } from "../run/metrics.ts";

/** A line of the log. Its times (`images_per_second`, `seconds`, `time`) differ from run to run. */
export interface LogRecord extends MetricsRecord, EmbeddingMetrics {
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
  /** What was measured of the step by the side. */
  readonly measured: Readonly<Record<string, number>>;
}

/** The line of a step that is just done; `spent` seconds passed since the last line. */
export function logRecord(
  done: Counters,
  learningRate: number,
  spent: number,
  { batchSize }: TrainOptions,
  { labels }: Batch,
  { losses, measured }: Readings,
): LogRecord {
  const falseNegatives = labels ? falseNegativeRate(labels) : NaN;
  return {
    ...measured,
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

/** What a logged step is measured by, yet on the device. */
export interface Measurement {
  /** What is to be read; the caller disposes of it. */
  readonly tensors: tf.Tensor[];
  /** The fields of the log's line from the values of `tensors`, one after another. */
  read(values: Float32Array): Record<string, number>;
}

/** The objective's diagnostics, and what the embeddings look like. Throws as `diagnose` does. */
export function measure(objective: Objective, input: ObjectiveInput): Measurement {
  const diagnostics = diagnose(objective, input);
  const names = Object.keys(diagnostics);
  return {
    tensors: [...Object.values(diagnostics), ...measureEmbeddings(input.views)],
    read: (values) => ({
      ...Object.fromEntries(names.map((name, i) => [name, values[i]])),
      ...embeddingMetrics(values.subarray(names.length), input.views[0].shape[1]),
    }),
  };
}

/** The objective's diagnostics. Throws a PluginError where it gives what is no scalar. */
export function diagnose(
  objective: Objective,
  input: ObjectiveInput,
): Record<string, tf.Scalar> {
  const scalars = tf.tidy(() => objective.diagnostics?.(input) ?? {});
  const wrong = Object.entries<unknown>(scalars).find(([, value]) =>
    !(value instanceof tf.Tensor) || value.rank !== 0
  );
  if (!wrong) return scalars;
  throw wrongObjective(
    objective,
    `its diagnostic ${wrong[0]} must be a scalar tensor`,
    wrong[1] instanceof tf.Tensor ? `shape [${wrong[1].shape}]` : wrong[1],
    "Reduce it with mean() or sum().",
  );
}

/**
 * The metrics log, and the clock of a training.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { falseNegativeRate } from "../data/class_prior.ts";
import { TrainingError } from "../errors.ts";
import type { Objective, ObjectiveInput } from "../plugin.ts";
import type { MetricsRecord } from "../run/metrics.ts";
import type { RunFolder } from "../run/run_folder.ts";
import type { Batch, Batches } from "./batches.ts";
import { type EmbeddingMetrics, embeddingMetrics, measureEmbeddings } from "./embedding_metrics.ts";
import { wrongObjective } from "./objective_loss.ts";
import type { Plan, Step } from "./step.ts";
import { recoveryAdvice, type TrainingState } from "./training_state.ts";

/**
 * A line of the metrics log. Only `images_per_second`, `seconds` and `time` differ if the same run is
 * made again.
 */
export interface LogRecord extends MetricsRecord, EmbeddingMetrics {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Mean loss of the steps since the last line. */
  readonly loss: number;
  /** The learning rate of the step. */
  readonly learning_rate: number;
  /** Examples per second since the last line, without the time of evaluations, saving and tuning. */
  readonly images_per_second: number;
  /** Seconds spent on steps since the run began, without evaluations, saving and tuning. */
  readonly seconds: number;
  /** When the line was written, as `2026-11-23T22:17:01.123Z`. */
  readonly time: string;
}

/** What a log is made from. */
export interface LogParts {
  /** The run's state. The log reads its losses and counts its seconds. */
  readonly state: TrainingState;
  /** The batches, to name the examples if a loss is not finite. */
  readonly batches: Pick<Batches, "indices">;
  /** The device; checked after each reading from it. */
  readonly device: Device;
  /** The folder that the lines are written to, if any. */
  readonly run?: RunFolder;
  /** The options of the run, and its steps. */
  readonly plan: Plan;
  /** The time in milliseconds, from any start. */
  readonly clock: () => number;
}

/**
 * The metrics log of a run, with a stopwatch. The stopwatch counts the steps and the waiting for their
 * images, and does not count what runs in {@linkcode paused}.
 */
export class TrainingLog {
  readonly #parts: LogParts;
  #lap: number;
  /** Seconds and examples since the last line. */
  #spent = 0;
  #examples = 0;

  /** Starts the stopwatch. */
  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#lap = parts.clock();
  }

  /**
   * Counts a step. If the step was measured, writes its line and returns it.
   *
   * Throws a TrainingError if a loss since the last line is not finite.
   */
  async after({ batch, learningRate, measurement }: Step): Promise<LogRecord | undefined> {
    const { state, run } = this.#parts;
    const read = measurement && await this.#read(measurement.tensors);
    this.#count();
    this.#examples += batch.indices.length;
    if (!measurement || !read) return;
    const record = this.#record(batch, learningRate, read.losses, measurement.read(read.others));
    this.#spent = this.#examples = 0;
    state.losses.reset();
    await run?.append(record);
    return record;
  }

  /**
   * Runs `act` without counting its time. If `act` uses the device, call {@linkcode losses} first: it
   * waits for the steps that are still queued on the device, so that their time is counted.
   */
  async paused<T>(act: () => T | Promise<T>): Promise<T> {
    this.#count();
    try {
      return await act();
    } finally {
      this.#lap = this.#parts.clock();
    }
  }

  /** The losses since the last line, one a step. Throws a TrainingError if one is not finite. */
  async losses(): Promise<Float32Array> {
    return (await this.#read([])).losses;
  }

  #count(): void {
    const now = this.#parts.clock();
    const seconds = (now - this.#lap) / 1000;
    this.#lap = now;
    this.#spent += seconds;
    this.#parts.state.counters.seconds += seconds;
  }

  #record(
    { labels }: Batch,
    learningRate: number,
    losses: Float32Array,
    measured: Readonly<Record<string, number>>,
  ): LogRecord {
    const { state: { counters } } = this.#parts;
    const falseNegatives = labels ? falseNegativeRate(labels) : NaN;
    return {
      ...measured,
      epoch: counters.epoch + 1,
      step: counters.step,
      loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      learning_rate: learningRate,
      ...(Number.isFinite(falseNegatives) && { false_negative_rate: falseNegatives }),
      images_per_second: Number((this.#examples / this.#spent).toFixed(1)),
      seconds: Number(counters.seconds.toFixed(3)),
      time: new Date().toISOString(),
    };
  }

  /** Reads the losses since the last line, and `others`. Throws if a loss is not finite. */
  async #read(
    others: readonly tf.Tensor[],
  ): Promise<{ losses: Float32Array; others: Float32Array }> {
    const { state, batches, device, run, plan: { stepsPerEpoch } } = this.#parts;
    const read = await state.losses.read(others);
    device.check();
    const bad = read.losses.findIndex((loss) => !Number.isFinite(loss));
    if (bad < 0) return read;
    const step = state.counters.step - read.losses.length + bad;
    const epoch = Math.floor(step / stepsPerEpoch);
    const indices = [...batches.indices(epoch, step % stepsPerEpoch)];
    const where = { epoch: epoch + 1, step: step + 1 };
    await run?.writeFile("bad-batch.json", JSON.stringify({ ...where, indices }) + "\n");
    throw new TrainingError({
      act: "continue training",
      rule: `the loss must be finite, and in epoch ${where.epoch} at step ${where.step} ` +
        `(examples ${indices.slice(0, 5).join(", ")} …) it is not`,
      got: read.losses[bad],
      next: await recoveryAdvice(run?.path),
    });
  }
}

/** What was measured in a logged step, not yet read from the device. */
export interface Measurement {
  /** The tensors to read; the caller of `measure` disposes of them. */
  readonly tensors: tf.Tensor[];
  /** The fields of the log's line, from the values of all `tensors` in order. */
  read(values: Float32Array): Record<string, number>;
}

/** The objective's diagnostics and the metrics of the embeddings. Throws as `diagnose` does. */
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

/** The objective's diagnostics, by name. Throws a PluginError if one of them is not a scalar. */
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

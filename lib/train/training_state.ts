/**
 * The state that changes while a run trains, how it is saved and restored, and when it is saved: after
 * epochs, by time, at the end, and when the run is stopped.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Objective } from "../plugin.ts";
import { listCheckpoints, type RunFolder } from "../run/run_folder.ts";
import { type Counters, encodeCheckpoint } from "./checkpoint.ts";
import { LossScaler } from "./loss_scaler.ts";
import { encoderWeights, type Network, networkParameters, networkWeights } from "./network.ts";
import { makeOptimizer, type Optimizer } from "./optimizer.ts";
import type { TrainOptions } from "./options.ts";
import type { Resumption } from "./resume.ts";
import type { Ramp } from "./schedule.ts";
import { assignVariables, readVariables } from "./variable_arrays.ts";
import type { TrainingLog } from "./log_record.ts";

/** The name, in a checkpoint, of the losses that are not logged yet. */
const LOSSES = "log.losses";

/** The prefix of the loss scaler's numbers in the metadata of a checkpoint. */
const SCALER = "lossScaler.";

export interface TrainingState {
  /** How far the run is. */
  readonly counters: Counters;
  /** The optimizer with its moments. */
  readonly optimizer: Optimizer;
  /** The scale of the loss. */
  readonly scaler: LossScaler;
  /** Losses of steps not logged yet. */
  readonly losses: LossWindow;
  /** Weights, statistics, the objective's variables and the moments, as they are saved. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** Metadata of every checkpoint, which a resumed run must agree with. */
  kept: Readonly<Record<string, string>>;
  /** How a resumed run comes to a changed learning rate over several steps; else absent. */
  ramp?: Ramp;
}

/** The state before the first step. */
export function makeState(
  network: Network,
  objective: Objective,
  options: TrainOptions,
): TrainingState {
  encoderWeights(network.encoder.model);
  const own = new Map((objective.variables ?? []).map((own, i) => [`objective.${i}`, own]));
  const parameters = new Map([
    ...networkParameters(network),
    ...[...own].filter(([, variable]) => variable.trainable),
  ]);
  const optimizer = makeOptimizer(parameters, options);
  const slots = [...optimizer.slots].map(([name, slot]) => [`optimizer.${name}`, slot] as const);
  return {
    counters: { epoch: 0, stepInEpoch: 0, step: 0, seconds: 0 },
    optimizer,
    scaler: new LossScaler(options),
    losses: new LossWindow(),
    variables: new Map([...networkWeights(network), ...own, ...slots]),
    kept: {},
  };
}

/** Advice for an error: what to do if a loss or a weight is not finite. */
export async function recoveryAdvice(run: string | undefined): Promise<string> {
  const [newest] = run === undefined ? [] : await listCheckpoints(run);
  const smaller = "Choose a smaller --learning_rate or a larger temperature, and train again";
  if (!newest) return `${smaller}: there is no checkpoint from before.`;
  return `The checkpoint ${newest.path} is from before: continue from it with --resume=${run} and a ` +
    `smaller --learning_rate, as the same one leads here again. ${smaller} where that does not help.`;
}

/**
 * Saves a checkpoint and returns its path. The losses are numbers, which the caller has read and
 * checked. Throws a TrainingError and saves nothing if a weight is not finite.
 */
export async function saveState(
  { variables, scaler, kept }: TrainingState,
  run: RunFolder,
  counters: Counters,
  losses: Float32Array,
  options: TrainOptions,
  onTheWay: boolean,
): Promise<string> {
  const tensors = await readVariables(variables, () => recoveryAdvice(run.path));
  tensors.set(LOSSES, { dtype: "F32", shape: [losses.length], data: losses });
  const metadata: Record<string, string> = { ...kept };
  if (options.precision === "mixed") {
    for (const [name, value] of Object.entries(scaler.state)) metadata[SCALER + name] = `${value}`;
  }
  const bytes = encodeCheckpoint({ counters, tensors, metadata });
  return await run.saveCheckpoint(counters, bytes, onTheWay);
}

/**
 * Restores the checkpoint from which a run resumes, renames newer ones that are damaged, and removes
 * the later lines of the log. Without a checkpoint, it empties the log and returns undefined. Throws a
 * DataError if the checkpoint does not fit.
 *
 * @param begin called before anything in the folder is changed
 */
export async function restoreState(
  state: TrainingState,
  run: RunFolder,
  { from, damaged, ramp, kept }: Resumption,
  begin: () => void | Promise<void>,
): Promise<Counters | undefined> {
  if (from) {
    const { tensors, metadata, counters } = from;
    assignVariables(state.variables, tensors, from.path);
    state.scaler.restore((name) => Number(metadata[SCALER + name] ?? NaN));
    state.optimizer.steps = counters.step - state.scaler.state.skipped;
    const losses = tensors.get(LOSSES)?.data;
    state.losses.reset(losses instanceof Float32Array ? losses : undefined);
  }
  Object.assign(state, { kept, ramp });
  await begin();
  for (const path of damaged) await run.setAside(path);
  await run.truncateMetrics(from?.counters.step ?? 0);
  return from?.counters;
}

/** The losses since the last line of the log, as one tensor. */
class LossWindow {
  #losses: tf.Tensor1D = tf.tensor1d([]);

  /** Adds the loss of one step, and disposes of it. */
  push(loss: tf.Scalar): void {
    this.#replace(tf.tidy(() => tf.concat1d([this.#losses, loss.as1D()])));
    loss.dispose();
  }

  /** Reads the losses, oldest first, and the values of `others`, in one readback. */
  async read(others: readonly tf.Tensor[] = []): Promise<{
    losses: Float32Array;
    others: Float32Array;
  }> {
    const count = this.#losses.size;
    const all = tf.tidy(() =>
      tf.concat1d([this.#losses, ...others.map((other) => other.toFloat().as1D())])
    );
    const values = Float32Array.from(await all.data());
    all.dispose();
    return { losses: values.slice(0, count), others: values.slice(count) };
  }

  /** Starts again with `losses`: none after a line of the log, or those of a checkpoint. */
  reset(losses: Float32Array = new Float32Array()): void {
    this.#replace(tf.tensor1d(losses));
  }

  /** Frees the tensor. */
  dispose(): void {
    this.#losses.dispose();
  }

  #replace(losses: tf.Tensor1D): void {
    this.#losses.dispose();
    this.#losses = losses;
  }
}

/** What is saved, where, and how often. */
interface SaverParts {
  /** The run's state. */
  readonly state: TrainingState;
  /** The log; its stopwatch is paused while a run is saved. */
  readonly log: TrainingLog;
  /** The folder to save to; without it, nothing is saved. */
  readonly run?: RunFolder;
  /** `saveEvery` and `saveMinutes`, and the options that a checkpoint has in its metadata. */
  readonly options: TrainOptions;
  /** Milliseconds, from any start. */
  readonly clock: () => number;
}

/** Saves the checkpoints of a run: decides when, and does not save the same step twice. */
export class Saver {
  readonly #parts: SaverParts;
  /** The step of the newest checkpoint; below: when it was saved, and whether newer ones replace it. */
  #step = 0;
  #at: number;
  #onTheWay = false;

  /** Begins with the state of a new run. */
  constructor(parts: SaverParts) {
    this.#parts = parts;
    this.#at = parts.clock();
  }

  /** Restores the checkpoint, if there is one; `begin` is called before the folder is changed. */
  async restore(resumed: Resumption, begin: () => void | Promise<void>): Promise<void> {
    const { state, run } = this.#parts;
    if (run) Object.assign(state.counters, await restoreState(state, run, resumed, begin));
    this.#step = state.counters.step;
  }

  /**
   * Saves the state unless it is saved already; returns the path of a file that was written. Throws a
   * TrainingError if a loss or a weight is not finite, also if the run has no folder.
   */
  async save(onTheWay = this.#parts.state.counters.stepInEpoch > 0): Promise<string | undefined> {
    const { state, log, run, options, clock } = this.#parts;
    const { counters } = state;
    if (counters.step === this.#step && (onTheWay || !this.#onTheWay)) return;
    const losses = await log.losses();
    const path = run &&
      await log.paused(() => saveState(state, run, counters, losses, options, onTheWay));
    this.#step = counters.step;
    this.#at = clock();
    this.#onTheWay = onTheWay;
    return path;
  }

  /** Saves after `epoch` epochs, if that is a multiple of `saveEvery`. */
  async afterEpoch(epoch: number): Promise<void> {
    const { saveEvery } = this.#parts.options;
    if (saveEvery > 0 && epoch % saveEvery === 0) await this.save();
  }

  /** Saves if the last checkpoint is older than `saveMinutes`; newer checkpoints replace this one. */
  async onTheWay(): Promise<void> {
    const { run, options: { saveMinutes }, clock } = this.#parts;
    if (!run || saveMinutes === 0 || clock() - this.#at < 60_000 * saveMinutes) return;
    await this.save(true);
  }
}

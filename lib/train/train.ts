/**
 * The training loop.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { deviceFailure } from "../device/failure.ts";
import { DeviceError, Interrupted, signalOf } from "../errors.ts";
import { projectionHead } from "../nn/projection_head.ts";
import type { Dataset, Encoder, Objective } from "../plugin.ts";
import { listCheckpoints, type RunFolder } from "../run/run_folder.ts";
import type { ViewOptions } from "../views/options.ts";
import { makeBatches } from "./batches.ts";
import { type LogRecord, TrainingLog } from "./log_record.ts";
import { checkViewSize, mixedSwitch } from "./network.ts";
import type { TrainOptions } from "./options.ts";
import { resumption } from "./resume.ts";
import { makeState, Saver } from "./training_state.ts";
import { trainStep } from "./step.ts";

/** What training works with. */
export interface TrainParts {
  /** The device to train on; TensorFlow.js must be set to it. */
  readonly device: Device;
  /** The examples. */
  readonly dataset: Dataset;
  /** The encoder; its model is trained in place. */
  readonly encoder: Encoder;
  /** The loss. */
  readonly objective: Objective;
  /** How images are augmented. */
  readonly views: ViewOptions;
  /** Where to log and save. If it has a checkpoint, it is resumed. Without it, nothing is saved. */
  readonly run?: RunFolder;
  /** The time in milliseconds, from any start; default `performance.now`. */
  readonly clock?: () => number;
  /** Further options that the result depends on: a run is resumed only if they are the same. */
  readonly fixed?: Readonly<Record<string, unknown>>;
}

/** The progress after one step. */
export interface TrainStep {
  /** The epoch the step is of, from 1. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
  /** Steps the run will have. */
  readonly stepsTotal: number;
  /** The learning rate of the step. */
  readonly learningRate: number;
  /** The line of the log, if the step has one. */
  readonly record?: LogRecord;
}

/** Functions of the caller that training calls, and the signal that ends it. */
export interface TrainHooks {
  /**
   * Called once if there is a run, after all checks of resuming have passed and before anything in its
   * folder is changed. The notices are for the user, a sentence each.
   */
  readonly onBegin?: (notices: readonly string[]) => void | Promise<void>;
  /** Called after every step. */
  readonly onStep?: (step: TrainStep) => void;
  /** Evaluates after epoch `epoch` (from 1), every `evalEvery` epochs; the results are logged. */
  readonly onEvaluate?: (epoch: number) => Promise<Record<string, number>>;
  /** Ends the run after the current step and saves it. Its reason names the signal; default SIGINT. */
  readonly signal?: AbortSignal;
}

/** A finished training. */
export interface Trained {
  /** The encoder's model. */
  readonly encoder: tf.LayersModel;
  /** The projection head. */
  readonly head: tf.LayersModel;
  /** Epochs done. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
  /** Frees the head. The caller made the encoder, and frees it. */
  dispose(): void;
}

/**
 * Trains an encoder. It is modified in place, also if the training ends early.
 *
 * The order of the examples and their views are functions of the seed. So a run that is resumed on
 * the same device ends with the same bytes as one that was never interrupted.
 *
 * Throws
 * - a UsageError if the batch is larger than the dataset, or if a run was begun with other options;
 * - a DataError if a run was begun with other data, or cannot be read or written;
 * - a PluginError if a plugin breaks its interface;
 * - a TrainingError if a loss or a weight is not finite (for a loss, the batch is in the run's
 *   `bad-batch.json`);
 * - a DeviceError if the device fails;
 * - Interrupted after a signal.
 */
export async function train(
  parts: TrainParts,
  options: TrainOptions,
  hooks: TrainHooks = {},
): Promise<Trained> {
  const { device, dataset, encoder, objective, run, clock = () => performance.now() } = parts;
  const { signal } = hooks;
  const batches = makeBatches({
    dataset,
    views: parts.views,
    viewCount: objective.views ?? 2,
    seed: options.seed,
    batchSize: options.batchSize,
  });
  const { stepsPerEpoch } = batches;
  const stepsTotal = Math.min(options.epochs * stepsPerEpoch, options.maxSteps || Infinity);
  const plan = { ...options, stepsPerEpoch, stepsTotal };

  const setMixed = mixedSwitch(device, options.precision);
  checkViewSize(encoder, dataset, parts.views);
  const head = projectionHead(encoder.dim, options.featureDim, options.seed);
  const network = { encoder, head, unitRows: objective.unitRows !== false, setMixed };
  const state = makeState(network, objective, options);
  const { counters } = state;
  const log = new TrainingLog({ state, batches, device, run, plan, clock });
  const saver = new Saver({ state, log, run, options, clock });

  const stopped = async () => {
    const path = await saver.save();
    const name = signalOf(signal?.reason);
    const place = `epoch ${counters.epoch + 1}, step ${counters.step} of ${stepsTotal}`;
    const next = run ? `Go on with --resume=${run.path}` : "Nothing was saved";
    const message = `Stopped by ${name} in ${place}${path ? ", saved" : ""}. ${next}.`;
    return new Interrupted(name, message);
  };
  const endOfEpoch = async () => {
    const epoch = counters.epoch + 1;
    if (hooks.onEvaluate && options.evalEvery > 0 && epoch % options.evalEvery === 0) {
      const evaluate = hooks.onEvaluate;
      await log.losses(); // waits for the queued steps, and throws if a loss is not finite
      const results = await log.paused(() => evaluate(epoch)).catch(async (error) => {
        throw signal?.aborted ? await stopped() : error;
      });
      await run?.append({ epoch, step: counters.step, ...results, time: new Date().toISOString() });
    }
    counters.epoch = epoch;
    counters.stepInEpoch = 0;
    await saver.afterEpoch(epoch);
  };

  try {
    if (run) {
      const { fixed = {} } = parts;
      const resumed = await resumption({ run, dataset, options, fixed, stepsPerEpoch });
      await saver.restore(resumed, () => hooks.onBegin?.(resumed.notices));
    }
    if (counters.stepInEpoch === stepsPerEpoch) await endOfEpoch();
    for await (const batch of batches.from(counters, stepsTotal, signal)) {
      using step = await trainStep(network, objective, state, batch, plan);
      const record = await log.after(step);
      hooks.onStep?.({
        epoch: counters.epoch + 1,
        step: counters.step,
        stepsTotal,
        learningRate: step.learningRate,
        record,
      });
      if (batch.last) await endOfEpoch();
      if (counters.step === stepsTotal) break;
      await log.paused(() => device.tune());
      await saver.onTheWay();
    }
    if (counters.step < stepsTotal) throw await stopped();
    await saver.save();
  } catch (error) {
    head.dispose();
    const failure = deviceFailure(error) ?? error;
    if (!run || !(failure instanceof DeviceError)) throw failure;
    const [newest] = await listCheckpoints(run.path);
    if (!newest) throw failure;
    const next = `${failure.next} The run goes on from ${newest.path} with --resume=${run.path}.`;
    throw new DeviceError({ fault: failure.fault, next, cause: failure });
  } finally {
    state.optimizer.dispose();
    state.losses.dispose();
    batches.close();
  }
  return {
    encoder: encoder.model,
    head,
    epoch: counters.epoch,
    step: counters.step,
    dispose: () => void head.dispose(),
  };
}

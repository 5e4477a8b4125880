/**
 * Training, from top to bottom.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { outOfMemory } from "../device/failure.ts";
import { Interrupted, TrainingError } from "../errors.ts";
import { projectionHead } from "../nn/projection_head.ts";
import type { Dataset, Encoder, Objective } from "../plugin.ts";
import type { RunFolder } from "../run/run_folder.ts";
import type { ViewOptions } from "../views/options.ts";
import { type Batch, makeBatches } from "./batches.ts";
import type { Counters } from "./checkpoint.ts";
import { type BatchGradients, batchGradients } from "./gradients.ts";
import { checkViewSize } from "./network.ts";
import { type LogRecord, logRecord, measure } from "./log_record.ts";
import { checkFirstLoss, checkKeepsNothing } from "./objective_loss.ts";
import type { TrainOptions } from "./options.ts";
import { mixedSwitch } from "./precision.ts";
import { learningRateAt } from "./schedule.ts";
import { makeState, restoreState, saveState } from "./training_state.ts";

/** What training works with. */
export interface TrainParts {
  /** Where it computes; TensorFlow.js is set to it. */
  readonly device: Device;
  /** The examples. */
  readonly dataset: Dataset;
  /** The encoder; its model is trained in place. */
  readonly encoder: Encoder;
  /** The loss. */
  readonly objective: Objective;
  /** How images are augmented. */
  readonly views: ViewOptions;
  /** Where to log and save; a run with a checkpoint is resumed from it. Without one nothing is kept. */
  readonly run?: RunFolder;
}

/** What is known after one step. */
export interface TrainStep {
  /** The epoch the step is of, from 1. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
  /** Steps the run will have. */
  readonly stepsTotal: number;
  /** The learning rate of the step. */
  readonly learningRate: number;
  /** The line of the log, where the step has one: mean loss since the last, and so on. */
  readonly record?: LogRecord;
}

/** What a caller can add. */
export interface TrainHooks {
  /** Called after every step. */
  readonly onStep?: (step: TrainStep) => void;
  /** Evaluates after epoch `epoch` (from 1), every `evalEvery` epochs; the results are logged. */
  readonly onEvaluate?: (epoch: number) => Promise<Record<string, number>>;
  /** Ends the run after the current step, saved; `reason` SIGTERM or else SIGINT. */
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
  /** Frees the head; the encoder is its maker's. */
  dispose(): void;
}

/**
 * Trains an encoder. It is modified in place, also where training ends early.
 *
 * The order of the examples and their views are functions of the seed, so a run that is resumed on
 * the same device ends with the same bytes as one that was never interrupted.
 *
 * Throws a UsageError where the batch is larger than the dataset, a PluginError where a plugin
 * breaks its interface, a TrainingError where a loss or weight is not finite (the batch is in the
 * run's `bad-batch.json`), a DataError where the run cannot be read or written, a DeviceError where
 * the device fails, and Interrupted after a signal.
 */
export async function train(
  parts: TrainParts,
  options: TrainOptions,
  hooks: TrainHooks = {},
): Promise<Trained> {
  const { device, dataset, encoder, objective, run } = parts;
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

  const setMixed = mixedSwitch(device, options.precision);
  checkViewSize(encoder, dataset, parts.views);
  const head = projectionHead(encoder.dim, options.featureDim, options.seed);
  const unitRows = objective.unitRows !== false;
  const network = { encoder, head, unitRows, setMixed };
  const state = makeState(network, objective, options);
  const { optimizer, scaler, losses } = state;

  /** Reads the losses since the last line of the log; every one of them must be finite. */
  const readLosses = async (others: readonly tf.Tensor[] = []) => {
    const read = await losses.read(others);
    device.check();
    const bad = read.losses.findIndex((loss) => !Number.isFinite(loss));
    if (bad < 0) return read;
    const step = done.step - read.losses.length + bad;
    const epoch = Math.floor(step / stepsPerEpoch);
    const indices = [...batches.indices(epoch, step % stepsPerEpoch)];
    const where = { epoch: epoch + 1, step: step + 1 };
    await run?.writeFile("bad-batch.json", JSON.stringify({ ...where, indices }) + "\n");
    throw new TrainingError({
      act: "go on",
      rule: `the loss must be finite, and in epoch ${where.epoch} at step ${where.step} ` +
        `(examples ${indices.slice(0, 5).join(", ")} …) it is not`,
      got: read.losses[bad],
      next: "Choose a smaller --learning_rate or a larger temperature; " +
        "the last good checkpoint is kept.",
    });
  };
  const save = async () => {
    const { losses: unlogged } = await readLosses();
    return run && await saveState(state, run, done, unlogged, options);
  };
  const interrupted = async () => {
    const path = done.step > savedStep ? await save() : undefined;
    const name = String(signal?.reason).includes("SIGTERM") ? "SIGTERM" : "SIGINT";
    const place = `epoch ${done.epoch + 1}, step ${done.step} of ${stepsTotal}`;
    const next = run ? `Go on with --resume=${run.path}` : "Nothing was saved";
    return new Interrupted(
      name,
      `Stopped by ${name} in ${place}${path ? ", saved" : ""}. ${next}.`,
    );
  };

  let done: Counters = { epoch: 0, stepInEpoch: 0, step: 0, seconds: 0 };
  let savedStep = 0;
  let next: Promise<Batch> | undefined;
  let held: BatchGradients | undefined;
  try {
    if (run) done = await restoreState(state, run, options) ?? done;
    savedStep = done.step;
    const firstStep = done.step;
    let clock = performance.now();

    while (done.step < stepsTotal || done.stepInEpoch === stepsPerEpoch) {
      while (done.stepInEpoch < stepsPerEpoch && done.step < stepsTotal) {
        const batch = await (next ?? batches.read(done.epoch, done.stepInEpoch))
          .catch((error) => {
            if (!signal?.aborted) throw error;
          });
        if (signal?.aborted || !batch) throw await interrupted();
        // The next batch is made on another thread while the device is busy with this one.
        next = undefined;
        if (done.step + 1 < stepsTotal) {
          const last = done.stepInEpoch + 1 === stepsPerEpoch;
          next = batches.read(done.epoch + Number(last), last ? 0 : done.stepInEpoch + 1);
          next.catch(() => {});
        }
        // A turn of the event loop: the next batch is asked for, and a signal is heard.
        await new Promise((resolve) => setTimeout(resolve, 0));

        const tensors = tf.memory().numTensors;
        const learningRate = learningRateAt(done.step, stepsPerEpoch, options);
        const { scale } = scaler.state;
        held = batchGradients(network, objective, batch, options.microBatch, scale);
        const { loss, grads, input } = held;
        done.step++;
        done.stepInEpoch++;
        const logged = done.step % options.logEvery === 0 || done.step === stepsTotal;
        const measurement = logged ? measure(objective, input) : undefined;
        if (done.step === 1) await checkFirstLoss(objective, loss, input);
        if (await scaler.unscale(grads)) optimizer.step(grads, learningRate);
        objective.afterStep?.(input);
        losses.push(loss);

        let record: LogRecord | undefined;
        if (measurement) {
          const read = await readLosses(measurement.tensors);
          const spent = (performance.now() - clock) / 1000;
          clock = performance.now();
          done.seconds += spent;
          record = logRecord(done, learningRate, spent, options, batch, {
            losses: read.losses,
            measured: measurement.read(read.others),
          });
          losses.reset();
          await run?.append(record);
        }
        tf.dispose([grads, measurement?.tensors]);
        if ([2, 3].includes(done.step - firstStep)) {
          checkKeepsNothing(objective, input, tf.memory().numTensors - tensors);
        }
        tf.dispose([...input.views, input.labels]);
        held = undefined;
        hooks.onStep?.({
          epoch: done.epoch + 1,
          step: done.step,
          stepsTotal,
          learningRate,
          record,
        });
        if (done.step < stepsTotal) await device.tune();
      }
      if (done.stepInEpoch < stepsPerEpoch) break;

      const epoch = done.epoch + 1;
      if (hooks.onEvaluate && options.evalEvery > 0 && epoch % options.evalEvery === 0) {
        const results = await hooks.onEvaluate(epoch).catch(async (error) => {
          throw signal?.aborted ? await interrupted() : error;
        });
        const time = new Date().toISOString();
        await run?.append({ epoch, step: done.step, ...results, time });
      }
      done.epoch = epoch;
      done.stepInEpoch = 0;
      if (options.saveEvery > 0 && epoch % options.saveEvery === 0) {
        await save();
        savedStep = done.step;
      }
    }
    if (done.step > savedStep) await save();
  } catch (error) {
    head.dispose();
    if (held) tf.dispose([held.loss, held.grads, ...held.input.views, held.input.labels]);
    throw outOfMemory(error) ?? error;
  } finally {
    optimizer.dispose();
    losses.dispose();
    await next?.catch(() => {});
    batches.close();
  }
  return {
    encoder: encoder.model,
    head,
    epoch: done.epoch,
    step: done.step,
    dispose: () => void head.dispose(),
  };
}

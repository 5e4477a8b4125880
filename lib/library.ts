/**
 * Training and evaluation for those who use tauplus as a library. They do what the command line does,
 * and every option is optional.
 *
 * @module
 */
import { z } from "zod";
import type { Encoder, Metrics, Objective, Probe } from "./plugin.ts";
import { checkOptions } from "./options.ts";
import { openSession, type Session, type SessionOptions } from "./session.ts";
import { pretrainSplit } from "./splits.ts";
import type { LoadedEncoder } from "./train/load_encoder.ts";
import { type TrainOptions, trainOptions } from "./train/options.ts";
import type { Trained, TrainHooks } from "./train/train.ts";
import { type ViewOptions, viewOptions } from "./views/options.ts";
import { chosen, type ConfigSpec } from "./config.ts";
import { facts } from "./facts.ts";
import { openRun, pluginsToLoad, resolveRun, runGroups } from "./open_run.ts";

/** What is trained: an open session, an encoder and an objective. */
export interface Training extends Pick<Session, "device" | "dataset" | "env"> {
  /** The encoder; its model is trained in place. */
  readonly encoder: Encoder;
  /** The loss. */
  readonly objective: Objective;
  /** How images are augmented; default as in the reference. */
  readonly views?: Partial<ViewOptions>;
  /**
   * The run's folder, such as `runs/mine`. Without it, nothing is saved. With it, dataset, encoder and
   * objective must be those that {@linkcode openSession} and `make` returned, because the run's
   * configuration names them.
   */
  readonly run?: string;
}

/**
 * Trains an encoder in place. Images [batch, height, width, channels] are augmented, and the loss is of
 * unit rows [batch, options.featureDim] for each view.
 *
 * With `run`, the log and the checkpoints are saved in that folder, and the command line can open the
 * run: `report`, `linear`, `train --resume`. A run that is there already is continued from its newest
 * checkpoint, if `epochs` or `maxSteps` is larger than before.
 *
 * @param options those of `deno task train --help`, by key. Those left out have their defaults; the
 * seed is the session's, and the default batch is at most the whole dataset.
 * @throws UsageError if an option is wrong, or another run is in the folder; DataError if the folder
 * cannot be written; see also the errors of `deno task train`.
 *
 * @example Train in a run, and open it again
 * ```ts
 * import { loadRun, openSession, train } from "@tauplus/tauplus";
 *
 * const session = await openSession({
 *   dataset: "synthetic",
 *   datasetOptions: { train: 64, test: 32, size: 16 },
 *   device: "wasm",
 * });
 * const encoder = await session.make("encoder", "conv", { widths: [8], strides: [2] });
 * const objective = await session.make("objective", "debiased");
 * const run = `${await Deno.makeTempDir()}/mine`;
 * await train({ ...session, encoder, objective, run }, { maxSteps: 2, batchSize: 32 });
 * const { encoder: again } = await loadRun(run, { device: "wasm" });
 * console.log(`${again.dim} features`);
 * ```
 */
export async function train(
  { views: viewValues, run: path, ...parts }: Training,
  options: Partial<TrainOptions> = {},
  hooks: TrainHooks = {},
): Promise<Trained> {
  const { batchSize } = trainOptions.parse({});
  const checked = checkOptions(trainOptions, {
    seed: parts.env.seed,
    batchSize: Math.min(batchSize, pretrainSplit(parts.dataset).length),
    ...options,
  });
  const views = checkOptions(viewOptions, viewValues ?? {});
  const loop = await import("./train/train.ts");
  if (path === undefined) return await loop.train({ ...parts, views }, checked, hooks);
  const { openTraining } = await import("./save.ts");
  const { run, isNew, fixed } = await openTraining(path, { ...parts, views }, checked);
  try {
    return await loop.train({ ...parts, views, run, fixed }, checked, hooks);
  } catch (error) {
    if (isNew) await run.removeIfBare();
    throw error;
  } finally {
    await run.close();
  }
}

/** What is evaluated: an encoder, by a probe. */
export interface Evaluation extends Pick<Session, "device" | "dataset" | "env"> {
  /** The encoder; not a bit of it is changed. */
  readonly encoder: Encoder;
  /** The probe. */
  readonly probe: Probe;
  /** How many examples the encoder computes at a time; default 256. */
  readonly batchSize?: number;
  /** The augmentation for probes that train on augmented images, as given to {@linkcode train}. */
  readonly views?: Partial<ViewOptions>;
}

/**
 * Fits a probe on the features of the split `train` and evaluates it on those of `test`.
 *
 * @returns what the probe found: `top1` and `top5` in percent of the test examples, and more
 * @throws UsageError if an option is wrong, a split is missing or has no labels, or the encoder does not
 * take its examples; TrainingError if a feature is not finite; PluginError if a plugin throws or
 * changes the encoder.
 *
 * @example A linear classifier on an encoder that was not trained
 * ```ts
 * import { evaluate, openSession } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const datasetOptions = { classes: 2, train: 32, test: 16, size: 16 };
 * const session = await openSession({ dataset: "synthetic", datasetOptions, device: "wasm" });
 * const encoder = await session.make("encoder", "conv", { widths: [4], strides: [2] });
 * const probe = await session.make("probe", "knn", { k: 5 });
 * const { top1, top5 } = await evaluate({ ...session, encoder, probe });
 * console.log(`${top1} % of 16 images`);
 * assertEquals(top5, 100); // of two classes
 * ```
 */
export async function evaluate(evaluation: Evaluation): Promise<Metrics> {
  const { device, dataset, env, encoder, probe, batchSize = 256 } = evaluation;
  const views = checkOptions(viewOptions, evaluation.views ?? {});
  const { evaluate } = await import("./evaluate/evaluate.ts");
  const { progress, signal } = env;
  return await evaluate({
    device,
    dataset,
    encoder,
    probe,
    batchSize,
    progress,
    signal,
    augmentation: { seed: env.seed, views },
  });
}

/** What features are computed from. */
export interface Features extends Pick<Session, "device" | "dataset" | "env"> {
  /** The encoder; it runs in inference mode. */
  readonly encoder: Encoder;
  /** The name of the split; default `test`. */
  readonly split?: string;
  /** The examples of the split; default all, in their order. */
  readonly indices?: Int32Array;
  /** Examples that go through the encoder at a time; default 256. */
  readonly batchSize?: number;
}

/**
 * The features of examples, as `deno task embed` writes them. Each example is normalized and has its
 * native size, without augmentation. Labels are not needed.
 *
 * @returns rows [number of examples, encoder.dim], not normalized
 * @throws UsageError if there is no such split or the encoder does not take its examples;
 * TrainingError if features are not finite.
 *
 * @example Two images of the test split
 * ```ts
 * import { features, openSession } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const datasetOptions = { train: 32, test: 16, size: 16 };
 * const session = await openSession({ dataset: "synthetic", datasetOptions, device: "wasm" });
 * const encoder = await session.make("encoder", "conv", { widths: [4], strides: [2] });
 * const rows = await features({ ...session, encoder, split: "test", indices: Int32Array.of(3, 5) });
 * assertEquals(rows.length, 2 * encoder.dim);
 * ```
 */
export async function features(
  { device, dataset, env, encoder, split = "test", indices, batchSize = 256 }: Features,
): Promise<Float32Array> {
  const { featureRows } = await import("./evaluate/features.ts");
  const { findSplit } = await import("./splits.ts");
  const { length } = findSplit(dataset, split);
  return await featureRows(
    { device, dataset, encoder, split, batchSize, progress: env.progress, signal: env.signal },
    indices ?? Int32Array.from({ length }, (_, index) => index),
  );
}

/**
 * Loads trained weights into an encoder, as `--model_path` does: from a run's folder, a checkpoint,
 * or a file of PyTorch (`.pth` in either layout, `.safetensors`) under torchvision's names or those
 * of the reference. No code in a file is ever run.
 *
 * @throws DataError if the file is missing or damaged, or does not fit the encoder.
 *
 * @example A file of PyTorch: the encoder, and a classifier that is left out
 * ```ts
 * import { encodeSafetensors, loadEncoder, openSession } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const zeros = (...shape: number[]) =>
 *   ({ dtype: "F32", shape, data: new Float32Array(shape.reduce((a, b) => a * b)) }) as const;
 * const weights = new Map([["conv1.weight", zeros(8, 3, 3, 3)], ["fc.weight", zeros(10, 8)]]);
 * for (const name of ["weight", "bias", "running_mean", "running_var"]) {
 *   weights.set(`bn1.${name}`, zeros(8));
 * }
 * const path = `${await Deno.makeTempDir()}/theirs.safetensors`;
 * await Deno.writeFile(path, encodeSafetensors(weights, {}));
 *
 * const session = await openSession({ dataset: "synthetic", device: "wasm" });
 * const encoder = await session.make("encoder", "conv", { widths: [8], strides: [2] });
 * const { ignored } = await loadEncoder(path, encoder);
 * assertEquals(ignored, ["fc"]);
 * ```
 */
export async function loadEncoder(
  path: string,
  { model }: Pick<Encoder, "model">,
): Promise<LoadedEncoder> {
  const { loadEncoderWeights } = await import("./train/load_encoder.ts");
  return await loadEncoderWeights(path, model);
}

/** How a run is opened. */
export interface LoadRunOptions
  extends Pick<SessionOptions, "device" | "tune" | "cache" | "progress" | "signal"> {
  /** Specifiers of plugins to load, also if somebody else made the run. */
  readonly plugins?: readonly string[];
  /** Whether to load all plugins that the run names, also if somebody else made it; default false. */
  readonly trust?: boolean;
}

/** A run, opened: its dataset, a device, and the encoder with its trained weights. */
export interface LoadedRun extends Session {
  /** The trained encoder. */
  readonly encoder: Encoder;
  /** The path of the checkpoint that its weights are from. */
  readonly path: string;
  /** The names of the plugins. */
  readonly names: { readonly dataset: string; readonly encoder: string };
}

const SPEC = {
  options: z.strictObject({ seed: z.int().min(0).default(0).meta(facts("input")) }),
  roles: { dataset: "fashion-mini", encoder: "conv" },
  groups: runGroups,
} satisfies ConfigSpec<z.ZodObject>;

/**
 * Opens a run as the command line's `--run` does: its dataset with its options and normalization,
 * a device, and the encoder of its newest checkpoint.
 *
 * Plugins of third parties that the run names are loaded if this user made the run on this machine.
 * They are code, so a run from somebody else is opened without them. `plugins` names those to load
 * all the same, and `trust: true` loads all that the run names.
 *
 * @param path the run's folder; {@linkcode latestRun} finds the latest
 * @throws DataError if the folder has no complete run, UsageError if its dataset or its encoder is of a
 * plugin that was not loaded; see also the errors of {@linkcode openSession}.
 *
 * @example The features of a run's test images
 * ```ts
 * import { features, latestRun, loadRun, openSession, train } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const datasetOptions = { classes: 2, train: 16, test: 8, size: 16 };
 * const session = await openSession({ dataset: "synthetic", datasetOptions, device: "wasm" });
 * const encoder = await session.make("encoder", "conv", { widths: [4], strides: [2] });
 * const objective = await session.make("objective", "debiased");
 * const runs = await Deno.makeTempDir();
 * await train({ ...session, encoder, objective, run: `${runs}/mine` }, { maxSteps: 1, batchSize: 8 });
 *
 * const run = await loadRun((await latestRun(runs))!, { device: "wasm" });
 * const rows = await features({ ...run, split: "test" }); // [8, run.encoder.dim]
 * assertEquals(rows.length, 8 * run.encoder.dim);
 * ```
 */
export async function loadRun(path: string, options: LoadRunOptions = {}): Promise<LoadedRun> {
  const run = await openRun(path);
  const { options: { seed }, roles, groups: { normalization } } = await resolveRun(
    run,
    SPEC,
    options,
  );
  const [dataset, architecture] = [chosen(roles, "dataset"), chosen(roles, "encoder")];
  const session = await openSession({
    ...options,
    dataset: dataset.plugin,
    datasetOptions: dataset.options,
    normalization,
    seed,
    plugins: pluginsToLoad(run, options),
  });
  const encoder = await session.make("encoder", architecture.plugin, architecture.options);
  const { loadEncoderWeights } = await import("./train/load_encoder.ts");
  const { path: checkpoint } = await loadEncoderWeights(path, encoder.model);
  return {
    ...session,
    encoder,
    path: checkpoint,
    names: { dataset: dataset.plugin.name, encoder: architecture.plugin.name },
  };
}

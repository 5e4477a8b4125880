/**
 * What a plugin is: data and one factory. There are four kinds. A plugin is given its options and its
 * `env`. It does not see the command line, the run folder or other plugins.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import type { DatasetSource } from "./data/source.ts";
import type { Rng } from "./random.ts";

/** The version of this interface. A plugin of another version is refused, with its name. */
export const API_VERSION = 1;

/** The type of TensorFlow.js's module, which plugins are given as `env.tf`. */
export type Tf = typeof tf;

/** The kinds of plugins. */
export type Kind = "dataset" | "encoder" | "objective" | "probe";

/** The options of a plugin: a flat strict object of booleans, numbers, strings and enums. */
export type OptionsSchema = z.ZodObject;

/** What every plugin is given. */
export interface BaseEnv {
  /** The seed of the run. */
  readonly seed: number;
  /** The folder for downloads, as an absolute path; it may not exist yet. */
  readonly cache: string;
  /** Reports the progress of something that takes long, such as a download. */
  readonly progress: (progress: Progress) => void;
  /** Aborts when the run is interrupted. */
  readonly signal: AbortSignal;
}

/** One report of progress. */
export interface Progress {
  /** What is being done, such as `downloading cifar10`. */
  readonly task: string;
  /** How much is done, in `unit`. */
  readonly done: number;
  /** How much there is in all, in `unit`; 0 if unknown. */
  readonly total: number;
  /** The unit of `done` and `total`, such as `B` or `images`. */
  readonly unit: string;
}

/** What encoders, objectives and probes are given: the device, and facts about the dataset. */
export interface Env extends BaseEnv {
  /** TensorFlow.js, set to the device of the run. Use this one; do not import it again. */
  readonly tf: Tf;
  /** The shape of one input of the encoder, [height, width, channels] for images. */
  readonly inputShape: readonly number[];
  /** The names of the dataset's classes; empty if it has none. */
  readonly classes: readonly string[];
}

/** A named part of a dataset, with random access. */
export interface Split {
  /** The number of examples. */
  readonly length: number;
  /** The class of each example, [length], −1 if unknown; absent if no example is labeled. */
  readonly labels?: Int32Array;
  /**
   * The examples at `indices`, in that order, as one contiguous array [indices.length, ...shape].
   * Bytes are pixels (NHWC, 0–255). Floats are given to the encoder as they are.
   */
  read(indices: ArrayLike<number>): ExampleBatch | Promise<ExampleBatch>;
  /**
   * All examples [length, ...shape], if they are bytes and already in memory. A device may keep a
   * copy; training then does not call `read`. They must not change.
   */
  readonly bytes?: Uint8Array;
  /** The name of each example, [length], such as the path of its file in the folder. */
  readonly names?: readonly string[];
  /**
   * A text that changes if the examples change under the same names, such as a hash of the sizes of
   * their files. Called once, when a training begins. A run is not resumed if it has changed.
   */
  fingerprint?(): string | Promise<string>;
}

/** Examples, [batch, ...shape]: bytes are pixels of 0–255, floats are taken as they are. */
export type ExampleBatch = Uint8Array | Float32Array;

/** Labeled or unlabeled examples, all of one shape. */
export interface Dataset {
  /** The names of the classes by label; empty if there are none. */
  readonly classes: readonly string[];
  /** The shape of one example: [height, width, channels] for images. */
  readonly shape: readonly number[];
  /** Per-channel mean of the pixels scaled to 0–1, subtracted before the encoder. */
  readonly mean: readonly number[];
  /** Per-channel standard deviation of the pixels scaled to 0–1, divided by before the encoder. */
  readonly std: readonly number[];
  /** The splits by name; `train` and `test` are what probes use. */
  readonly splits: Readonly<Record<string, Split>>;
  /** The split to train the encoder on; default `train`. */
  readonly pretrain?: string;
  /** Notices for the user about how it was read, a sentence each, such as which files were skipped. */
  readonly notes?: readonly string[];
  /**
   * The dataset's own positives, in place of augmented images: two or more arrays
   * [indices.length, ...shape]. Row i of each is a view of example `indices[i]` of the pretraining
   * split. `random(i)` is the random stream of row i; use no other source of randomness.
   */
  views?(
    indices: ArrayLike<number>,
    random: (row: number) => Rng,
  ): ExampleBatch[] | Promise<ExampleBatch[]>;
  /** Releases files and memory. */
  close?(): void;
}

/** An encoder: examples to features. */
export interface Encoder {
  /** Input [batch, ...inputShape], output [batch, dim]. */
  readonly model: tf.LayersModel;
  /** The length of a feature. */
  readonly dim: number;
  /** Whether the model takes images of any height and width. */
  readonly anySize: boolean;
}

/** What an objective is given of a batch. */
export interface ObjectiveInput {
  /** Two or more tensors [batch, dim]; row i of each is a view of the same example. */
  readonly views: readonly tf.Tensor2D[];
  /** The class of each row, int32 [batch], −1 if unknown; absent if nothing is labeled. */
  readonly labels?: tf.Tensor1D;
}

/** An objective: from embeddings to a scalar that training minimizes. */
export interface Objective {
  /** Whether the rows of the views are scaled to ℓ2 norm 1; default true. */
  readonly unitRows?: boolean;
  /** How many views of each example the loss takes, default 2; an anchor has views − 1 positives. */
  readonly views?: number;
  /** Which orders the loss does not depend on: of the batch, of the views. `plugins check` tests it. */
  readonly symmetry?: readonly ("batch" | "views")[];
  /** The loss, a scalar, differentiable in the views and in `variables`. */
  loss(input: ObjectiveInput): tf.Scalar;
  /** Scalars for the log, by name; called on logged steps only. */
  diagnostics?(input: ObjectiveInput): Record<string, tf.Scalar>;
  /** Its own variables (a predictor, a queue). Those that are `trainable` are trained; all are saved. */
  readonly variables?: readonly tf.Variable[];
  /** Called after the optimizer's step with the batch's embeddings, for example to fill a queue. */
  afterStep?(input: ObjectiveInput): void;
}

/** Frozen features of one split. */
export interface FeatureSplit {
  /** [length, dim], not normalized. */
  readonly features: tf.Tensor2D;
  /** The class of each row, [length]. */
  readonly labels: Int32Array;
  /** Features of newly augmented examples [length, dim], as ordered in `labels`; the caller disposes. */
  augmented?(epoch: number): Promise<tf.Tensor2D>;
}

/** What a probe is given. */
export interface ProbeInput {
  /** The features to fit on. */
  readonly train: FeatureSplit;
  /** The features to evaluate on. */
  readonly test: FeatureSplit;
}

/** What a probe found: `top1` and `top5` in percent, and whatever else it measured, as JSON values. */
export interface Metrics {
  /** Percent of the test examples whose class is ranked first. */
  readonly top1: number;
  /** Percent of the test examples whose class is among the first five. */
  readonly top5: number;
  /** Further results, JSON values only. */
  readonly [name: string]: unknown;
}

/** A probe: from frozen features to metrics. */
export interface Probe {
  /** Fits on `train`, evaluates on `test`. */
  evaluate(input: ProbeInput): Promise<Metrics>;
}

/** What `create` of each kind returns. */
export interface KindProducts {
  /** Labeled or unlabeled examples. */
  readonly dataset: Dataset;
  /** From examples to features. */
  readonly encoder: Encoder;
  /** From embeddings to the loss. */
  readonly objective: Objective;
  /** From features to metrics. */
  readonly probe: Probe;
}

/** The `env` that `create` of each kind is given. */
export interface KindEnvs {
  /** Without a device: datasets are made before it is opened. */
  readonly dataset: BaseEnv;
  /** With the device and the shape of the input. */
  readonly encoder: Env;
  /** With the device; `inputShape` is that of the encoder. */
  readonly objective: Env;
  /** With the device and the names of the classes. */
  readonly probe: Env;
}

/** The result of reading a whole dataset. */
export interface Verification {
  /** How many files or examples were read. */
  readonly checked: number;
  /** Each file or example that is wrong, and what is wrong with it. */
  readonly problems: readonly { readonly path: string; readonly problem: string }[];
  /** Further notices for the user, a sentence each. */
  readonly notes: readonly string[];
}

/** What the author of a plugin writes. */
export interface PluginDefinition<K extends Kind, S extends OptionsSchema> {
  /** The name on the command line: lower-case words joined by `-`. */
  readonly name: string;
  /** One line for lists and help. */
  readonly summary: string;
  /** The options, each with a default and a description. */
  readonly options: S;
  /** Where a dataset is downloaded from, so that it can be listed, fetched and verified. */
  readonly source?: K extends "dataset" ? DatasetSource : never;
  /** For a dataset of the user's own files: reads all of it, for `data verify`. */
  verify?(options: z.output<S>, env: BaseEnv): Promise<Verification>;
  /** Makes the dataset, encoder, objective or probe from options that have been checked. */
  create(
    options: z.output<S>,
    env: KindEnvs[K],
  ): KindProducts[K] | Promise<KindProducts[K]>;
}

/** A plugin: a definition with its kind and the version of the interface. */
export interface Plugin<K extends Kind = Kind, S extends OptionsSchema = OptionsSchema>
  extends PluginDefinition<K, S> {
  /** Whether it is a dataset, an encoder, an objective or a probe. */
  readonly kind: K;
  /** The {@linkcode API_VERSION} that the plugin was written for. */
  readonly apiVersion: number;
}

/**
 * Defines a dataset.
 *
 * @example Disks and squares of 8×8 pixels
 * ```ts
 * import { defineDataset, openSession, z } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const shapes = defineDataset({
 *   name: "shapes",
 *   summary: "White disks and squares",
 *   options: z.strictObject({}),
 *   create: () => {
 *     const draw = (i: number) =>
 *       Uint8Array.from({ length: 64 }, (_, at) => {
 *         const [x, y] = [Math.abs(at % 8 - 3.5), Math.abs((at >> 3) - 3.5)];
 *         return (i % 2 ? Math.hypot(x, y) : Math.max(x, y)) < 3 ? 255 : 0;
 *       });
 *     const split = {
 *       length: 100,
 *       labels: Int32Array.from({ length: 100 }, (_, i) => i % 2),
 *       read: (indices: ArrayLike<number>) =>
 *         Uint8Array.from(Array.from(indices, (i) => [...draw(i)]).flat()), // [indices.length, 8, 8, 1]
 *     };
 *     const splits = { train: split, test: split };
 *     return { classes: ["square", "disk"], shape: [8, 8, 1], mean: [0.4], std: [0.5], splits };
 *   },
 * });
 * const { dataset } = await openSession({ dataset: shapes, device: "wasm" });
 * assertEquals((await dataset.splits.train.read([0, 1])).length, 2 * 8 * 8);
 * ```
 */
export function defineDataset<S extends OptionsSchema>(
  definition: PluginDefinition<"dataset", S>,
): Plugin<"dataset", S> {
  return { ...definition, kind: "dataset", apiVersion: API_VERSION };
}

/**
 * Defines an encoder.
 *
 * @example Means over cells of an image, then a linear layer
 * ```ts
 * import { defineEncoder, openSession, z } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const cells = defineEncoder({
 *   name: "cells",
 *   summary: "A linear layer on means over 4×4 pixels",
 *   options: z.strictObject({ dim: z.int().min(1).default(32).describe("length of a feature") }),
 *   create: ({ dim }, { tf, seed, inputShape }) => {
 *     const layers = [
 *       tf.layers.averagePooling2d({ inputShape: [...inputShape], poolSize: 4 }),
 *       tf.layers.flatten(),
 *       // To TensorFlow.js a seed of 0 is none.
 *       tf.layers.dense({ units: dim, kernelInitializer: tf.initializers.heNormal({ seed: seed + 1 }) }),
 *     ];
 *     return { model: tf.sequential({ layers }), dim, anySize: false };
 *   },
 * });
 * const { make } = await openSession({ dataset: "synthetic", device: "wasm" });
 * const { model } = await make("encoder", cells, { dim: 8 });
 * assertEquals(model.outputShape, [null, 8]);
 * ```
 */
export function defineEncoder<S extends OptionsSchema>(
  definition: PluginDefinition<"encoder", S>,
): Plugin<"encoder", S> {
  return { ...definition, kind: "encoder", apiVersion: API_VERSION };
}

/**
 * Defines an objective.
 *
 * @example A margin on the cosine of the positive pair
 * ```ts
 * import { defineObjective, z } from "@tauplus/tauplus";
 *
 * // In hinge.ts: deno task train --plugin=./hinge.ts --objective=hinge --margin=0.1
 * export default defineObjective({
 *   name: "hinge",
 *   summary: "Positives closer than a margin cost nothing",
 *   options: z.strictObject({
 *     margin: z.number().min(0).max(2).default(0.2).describe("cosine distance that is free"),
 *   }),
 *   create: ({ margin }) => ({
 *     loss: ({ views: [a, b] }) => a.mul(b).sum(1).neg().add(1 - margin).relu().mean().asScalar(),
 *   }),
 * });
 * ```
 */
export function defineObjective<S extends OptionsSchema>(
  definition: PluginDefinition<"objective", S>,
): Plugin<"objective", S> {
  return { ...definition, kind: "objective", apiVersion: API_VERSION };
}

/**
 * Defines a probe.
 *
 * @example The class that is most frequent, whatever the features
 * ```ts
 * import { classificationMetrics, defineProbe, evaluate, openSession, z } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const majority = defineProbe({
 *   name: "majority",
 *   summary: "The most frequent class of the training examples",
 *   options: z.strictObject({}),
 *   create: (_, { classes }) => ({
 *     evaluate: ({ train, test }) => {
 *       const counts = classes.map((_, c) => train.labels.filter((label) => label === c).length);
 *       const scores = [...test.labels].flatMap(() => counts); // [test.labels.length, classes.length]
 *       return Promise.resolve({ ...classificationMetrics(scores, test.labels, classes) });
 *     },
 *   }),
 * });
 * const datasetOptions = { classes: 4, train: 16, test: 8, size: 16 };
 * const session = await openSession({ dataset: "synthetic", datasetOptions, device: "wasm" });
 * const encoder = await session.make("encoder", "conv", { widths: [4], strides: [2] });
 * const probe = await session.make("probe", majority);
 * const { top1 } = await evaluate({ ...session, encoder, probe });
 * assertEquals(top1, 25); // percent: one class of four
 * ```
 */
export function defineProbe<S extends OptionsSchema>(
  definition: PluginDefinition<"probe", S>,
): Plugin<"probe", S> {
  return { ...definition, kind: "probe", apiVersion: API_VERSION };
}

/**
 * A session: an open dataset and device, and the plugins made on them.
 *
 * @module
 */
import { cacheFolder } from "./cache.ts";
import { create, originOf, remember } from "./create.ts";
import {
  type NormalizationOptions,
  normalizationOptions,
  normalizedBy,
} from "./data/normalization.ts";
import type { Device, DeviceName } from "./device/device.ts";
import type {
  BaseEnv,
  Dataset,
  Env,
  Kind,
  KindEnvs,
  KindProducts,
  Plugin,
  Progress,
  Tf,
} from "./plugin.ts";
import { checkOptions } from "./options.ts";
import { loadRegistry, type Registry } from "./registry.ts";

/** What a session is opened with. */
export interface SessionOptions {
  /** The dataset: a name, or a plugin. */
  readonly dataset: string | Plugin<"dataset">;
  /** The dataset's options by key. */
  readonly datasetOptions?: Readonly<Record<string, unknown>>;
  /** The normalization; default the dataset's own. */
  readonly normalization?: Partial<NormalizationOptions>;
  /** The device; default `auto`, the fastest of this machine. */
  readonly device?: DeviceName | "auto";
  /**
   * Whether kernels are timed on the device, and earlier timings are used; default true. It changes
   * the speed and no result.
   */
  readonly tune?: boolean;
  /** The seed; default 0. */
  readonly seed?: number;
  /** Specifiers of third parties' plugins. */
  readonly plugins?: readonly string[];
  /** The folder for downloads; default the system's. */
  readonly cache?: string;
  /** Called with the progress of downloads and of other things that take long. */
  readonly progress?: (progress: Progress) => void;
  /** Aborts downloads and other things that take long. */
  readonly signal?: AbortSignal;
}

/** An open dataset and device. */
export interface Session {
  /** The dataset. */
  readonly dataset: Dataset;
  /** The device. */
  readonly device: Device;
  /** TensorFlow.js, set to the device. */
  readonly tf: Tf;
  /** What plugins are given. */
  readonly env: Env;
  /** Makes an encoder, an objective or a probe, by name or from a plugin, with options by key. */
  make<K extends Exclude<Kind, "dataset">>(
    kind: K,
    plugin: string | Plugin<K>,
    options?: Readonly<Record<string, unknown>>,
  ): Promise<KindProducts[K]>;
}

/**
 * Opens a dataset, downloading it where needed, and a device.
 *
 * @throws UsageError if an option is wrong or a plugin is unknown, DataError if the dataset cannot be
 * downloaded or is damaged, DeviceError if the machine has no such device, PluginError if a third
 * party's plugin throws.
 *
 * @example A debiased loss on given embeddings
 * ```ts
 * import { openSession } from "@tauplus/tauplus";
 * import { assert } from "@std/assert";
 *
 * const { tf, make } = await openSession({ dataset: "synthetic", device: "wasm" });
 * const objective = await make("objective", "debiased", { tauPlus: 0.1 });
 * const [a, b] = [tf.eye(4), tf.eye(4)];
 * const [loss] = await objective.loss({ views: [a, b] }).data();
 * assert(loss > 0 && loss < 1);
 * ```
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const base: BaseEnv = {
    seed: options.seed ?? 0,
    cache: options.cache ?? cacheFolder(),
    progress: options.progress ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
  };
  const registry = await loadRegistry(options.plugins);
  // The dataset comes first: it is where most mistakes are, and the device takes longer.
  const made = await create(
    await pick(registry, "dataset", options.dataset),
    options.datasetOptions ?? {},
    base,
  );
  const normalization = checkOptions(normalizationOptions, options.normalization ?? {});
  const dataset = normalizedBy(made, normalization);
  remember(dataset, { ...originOf(made)!, normalization });
  const { chooseDevice } = await import("./choose_device.ts");
  const device = await chooseDevice(options.device ?? "auto", { cache: base.cache });
  await device.setTuning(options.tune === false ? undefined : base);
  const env: Env = {
    ...base,
    tf: device.tf,
    inputShape: dataset.shape,
    classes: dataset.classes,
  };
  return {
    dataset,
    device,
    tf: device.tf,
    env,
    make: async <K extends Exclude<Kind, "dataset">>(
      kind: K,
      plugin: string | Plugin<K>,
      pluginOptions: Readonly<Record<string, unknown>> = {},
    ) => {
      // Every kind but datasets is given the same.
      const kindEnv: KindEnvs[Exclude<Kind, "dataset">] = env;
      return await create(await pick(registry, kind, plugin), pluginOptions, kindEnv);
    },
  };
}

async function pick<K extends Kind>(
  registry: Registry,
  kind: K,
  plugin: string | Plugin<K>,
): Promise<Plugin<K>> {
  return typeof plugin === "string" ? await registry.get(kind, plugin) : plugin;
}

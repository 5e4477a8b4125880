/**
 * What the library writes: the run of a training, and trained encoders as files.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { changedOption, factsIn, fixedValues, flatOptions, sectionsOf } from "./config.ts";
import { type Origin, originOf } from "./create.ts";
import { normalizationOptions } from "./data/normalization.ts";
import { UsageError } from "./errors.ts";
import { type Facts, facts } from "./facts.ts";
import type { Exported, ExportFormat } from "./interop/export_encoder.ts";
import type { Dataset, Encoder, Objective } from "./plugin.ts";
import { specifierOf } from "./registry.ts";
import { openRun, runGroups } from "./open_run.ts";
import { jsonText } from "./files.ts";
import { createRun, reopenRun, type RunFolder } from "./run/run_folder.ts";
import type { Session } from "./session.ts";
import { type TrainOptions, trainOptions } from "./train/options.ts";
import { recordTrust } from "./trust.ts";
import type { ViewOptions } from "./views/options.ts";

/** The facts of options about the machine, which a continued run may change. */
const MACHINE = facts("machine").facts;

/** What a run is made of. */
interface RunParts extends Pick<Session, "device" | "dataset"> {
  readonly encoder: Encoder;
  readonly objective: Objective;
  readonly views: ViewOptions;
}

/**
 * Opens the folder of a run to train in. A new folder gets a `config.json` that the command line can
 * read; a run that is there already is continued.
 *
 * Throws a UsageError if that run has another configuration, and a DataError if the folder is not a
 * run or cannot be written.
 */
export async function openTraining(
  path: string,
  parts: RunParts,
  options: TrainOptions,
): Promise<{ run: RunFolder; isNew: boolean; fixed: Readonly<Record<string, unknown>> }> {
  const { config, factsOf } = configOf(path, parts, options);
  const fixed = fixedValues(config, factsOf);
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (!exists) {
    const run = await createRun(dirname(path), basename(path), config);
    await recordTrust(config);
    return { run, isNew: true, fixed };
  }
  const { config: begun } = await openRun(path);
  // An option that is younger than the run had its default.
  const other = changedOption({ ...config, ...begun }, config, factsOf);
  if (other !== undefined) {
    throw new UsageError({
      act: `continue the run ${path} with ${other} = ${config[other]}`,
      rule: `it was begun with ${begun[other]}`,
      next: "Name a folder that does not exist for another run.",
    });
  }
  const run = await reopenRun(path);
  await run.writeFile("config.json", jsonText({ ...begun, ...config }));
  await recordTrust({ ...begun, ...config });
  return { run, isNew: false, fixed };
}

/** The configuration, by the names of the flags, as `deno task train` writes it. */
function configOf(
  path: string,
  { device, dataset, encoder, objective, views }: RunParts,
  options: TrainOptions,
): { config: Record<string, unknown>; factsOf: (name: string) => Facts } {
  const made = { dataset, encoder, objective };
  const plugins = Object.entries(made).map(([kind, product]) => {
    const origin = originOf(product);
    if (origin) return [kind, origin] as const;
    throw new UsageError({
      act: `keep the run ${path}`,
      rule: `its ${kind} must come from openSession() or make(), so that the run can record it`,
      next: "Make it with one of them, or train without `run` and use saveEncoder().",
    });
  });
  const { normalization = normalizationOptions.parse({}) } = originOf(dataset) ?? {};
  const specifiers = plugins.flatMap(([, { plugin }]) => specifierOf(plugin) ?? []);
  const spec = { options: trainOptions, roles: {}, groups: runGroups };
  const sections = sectionsOf(
    spec,
    Object.fromEntries(plugins.map(([kind, { plugin }]) => [kind, plugin])),
  );
  const values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    "": options,
    views,
    normalization,
    ...Object.fromEntries(plugins.map(([kind, { options }]) => [kind, options])),
  };
  const config = {
    ...Object.fromEntries(plugins.map(([kind, { plugin }]) => [kind, plugin.name])),
    device: device.name,
    out: dirname(path),
    ...Object.assign({}, ...sections.map((section) => flatOptions(section, values[section.name]))),
    ...(specifiers.length > 0 && { plugin: [...new Set(specifiers)] }),
  };
  // Where it computes and where it lies is free, and so is where its plugins are.
  const known = factsIn(sections);
  const free = ["device", "out", "plugin"];
  const factsOf = (name: string) => free.includes(name) ? MACHINE : known(name);
  return { config, factsOf };
}

/** An encoder, and the dataset whose shape and normalization it takes. */
export interface SavedEncoder {
  /** The encoder, with its weights. */
  readonly encoder: Encoder;
  /** The dataset; its `shape`, `mean` and `std` are written with the encoder. */
  readonly dataset: Dataset;
}

/**
 * Writes an encoder to a `.safetensors` file, whole or not at all: its weights and running statistics,
 * F32, under the names of a checkpoint (`encoder.conv1.kernel`) and in Keras' layouts. The metadata
 * has the plugin, its options, the dataset and the normalization, so {@linkcode loadEncoder} and the
 * command line's `--model_path` can read the file. For other programs see {@linkcode exportEncoder}.
 *
 * @param path the file. An earlier one is replaced; in a run's folder, only one that this function made
 * @throws UsageError if `path` must not be replaced, DataError if it cannot be written.
 *
 * @example Keep an encoder, and load it into another
 * ```ts
 * import { loadEncoder, openSession, saveEncoder } from "@tauplus/tauplus";
 *
 * const session = await openSession({ dataset: "synthetic", device: "wasm" });
 * const encoder = await session.make("encoder", "conv", { widths: [8], strides: [2] });
 * const path = `${await Deno.makeTempDir()}/encoder.safetensors`;
 * await saveEncoder(path, { ...session, encoder });
 * const other = await session.make("encoder", "conv", { widths: [8], strides: [2] });
 * const { ignored } = await loadEncoder(path, other);
 * console.log(ignored); // []: nothing in the file was left out
 * ```
 */
export async function saveEncoder(
  path: string,
  { encoder, dataset }: SavedEncoder,
): Promise<void> {
  const { asSafetensors, checkReplaceable } = await import("./run/outputs.ts");
  const { encoderWeights } = await import("./train/network.ts");
  const { readVariables } = await import("./train/variable_arrays.ts");
  const { encodeSafetensors } = await import("./interop/safetensors.ts");
  const { momentsOf, VERSION } = await import("./interop/export_metadata.ts");
  const { writeAtomic } = await import("./files.ts");
  const isOwn = (bytes: Uint8Array<ArrayBuffer>) =>
    asSafetensors(bytes)?.metadata.tauplus !== undefined;
  await checkReplaceable(path, "path", isOwn);
  const origin = originOf(encoder);
  const name = originOf(dataset)?.plugin.name;
  const { mean, std } = momentsOf(dataset);
  const metadata = {
    ...(origin && {
      tauplus: VERSION,
      encoder: origin.plugin.name,
      encoder_options: JSON.stringify(origin.options),
    }),
    ...(name !== undefined && { dataset: name }),
    input_shape: JSON.stringify(dataset.shape),
    mean: JSON.stringify([...mean]),
    std: JSON.stringify([...std]),
    dim: String(encoder.dim),
    folded: "false",
  };
  const tensors = await readVariables(encoderWeights(encoder.model));
  await writeAtomic(path, encodeSafetensors(tensors, metadata));
}

/** What is exported for other programs, and in which format. */
export interface EncoderExport extends SavedEncoder {
  /**
   * `safetensors` (torchvision's names), `pth-names` (those of the reference's checkpoints; needs the
   * head), `tfjs` (a folder) or `onnx`.
   */
  readonly format: ExportFormat;
  /** The projection head, as {@linkcode train} returns it; absent if it is not exported. */
  readonly head?: tf.LayersModel;
  /** Whether each batch norm is folded into the layer before it; default false. */
  readonly fold?: boolean;
  /**
   * Whether the network takes pixels of 0 to 255 and normalizes them itself, in `tfjs` and `onnx`;
   * default false: it takes float32, (pixel / 255 − mean) / std per channel.
   */
  readonly pixels?: boolean;
}

/**
 * Writes an encoder for other programs, whole or not at all, as `deno task export` does: images
 * [batch, height, width, channels] (ONNX: [batch, channels, height, width]) → features [batch, dim].
 *
 * @param path the file to write; for `tfjs` the folder. An earlier export is replaced.
 * @returns the bytes written, whether an earlier export was replaced, and the size of images, if the
 * written network takes only one
 * @throws UsageError if the format has no form of a layer or `path` must not be replaced, DataError if
 * it cannot be written.
 *
 * @example An encoder for ONNX Runtime, which takes pixels
 * ```ts
 * import { exportEncoder, openSession } from "@tauplus/tauplus";
 *
 * const session = await openSession({ dataset: "synthetic", device: "wasm" });
 * const encoder = await session.make("encoder", "conv", { widths: [8], strides: [2] });
 * const path = `${await Deno.makeTempDir()}/encoder.onnx`;
 * const { bytes } = await exportEncoder(path, { ...session, encoder, format: "onnx", pixels: true });
 * console.log(`${bytes} bytes`);
 * ```
 */
export async function exportEncoder(
  path: string,
  { encoder, dataset, format, head, fold = false, pixels = false }: EncoderExport,
): Promise<Exported> {
  const { exportEncoder } = await import("./interop/export_encoder.ts");
  const { plugin, options = {} }: Partial<Origin> = originOf(encoder) ?? {};
  return await exportEncoder({
    format,
    path,
    encoder,
    head,
    fold,
    pixels,
    batchesTracked: 0,
    dataset,
    datasetName: originOf(dataset)?.plugin.name,
    encoderName: plugin?.name ?? "encoder",
    encoderOptions: options,
  });
}

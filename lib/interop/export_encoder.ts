/**
 * Writes a trained encoder in the formats of other programs.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";
import type { Encoder } from "../plugin.ts";
import {
  asSafetensors,
  checkReplaceable,
  checkReplaceableFolder,
  type OutputContents,
  writeOutput,
} from "../run/outputs.ts";
import { type ExportGraph, joinGraphs, readGraph } from "./export_graph.ts";
import { exportMetadata, type ExportSource, momentsOf, VERSION } from "./export_metadata.ts";
import { takePixels } from "./fold.ts";
import { foldBatchNorms } from "./fold.ts";
import { onnxModel } from "./onnx_model.ts";
import { encodeOnnx } from "./onnx_proto.ts";
import { encodeSafetensors } from "./safetensors.ts";
import { tfjsModel } from "./tfjs_model.ts";
import type { NamedArray } from "./named_array.ts";
import { toTorch } from "./torch_names.ts";
import type { TorchNaming } from "./torch_naming.ts";

/** The formats that an encoder can be exported to. */
export type ExportFormat = "safetensors" | "pth-names" | "tfjs" | "onnx";

/** What is exported, and in which format. */
export interface ExportOptions extends ExportSource {
  /** The format. */
  readonly format: ExportFormat;
  /** The file to write; a folder for `tfjs`. */
  readonly path: string;
  /** The file that the weights are from, if there is one. It is never replaced. */
  readonly source?: string;
  /** The encoder, with its weights. */
  readonly encoder: Encoder;
  /** The projection head; absent if it is not exported. */
  readonly head?: tf.LayersModel;
  /** Whether each batch norm is folded into the layer before it. */
  readonly fold: boolean;
  /** Whether the network takes pixels of 0 to 255 and normalizes them itself (tfjs and onnx). */
  readonly pixels: boolean;
  /** How many batches each batch norm saw in training; 0 if unknown. */
  readonly batchesTracked: number;
}

/** What was written. */
export interface Exported {
  /** The size of all files written, in bytes. */
  readonly bytes: number;
  /** Whether an earlier export was replaced. */
  readonly replaced: boolean;
  /** The size of images, if the written network takes only one. */
  readonly onlySize?: readonly number[];
}

/**
 * Writes the encoder, whole or not at all:
 *
 * - `safetensors`: weights under torchvision's names; the head's are `head.0.weight` …
 * - `pth-names`: weights under the names of the reference's checkpoints, `module.f.0.weight` to
 *   `module.g.3.bias`; needs the head.
 * - `tfjs`: a folder with `model.json`, of layers that every TensorFlow.js has; images
 *   [batch, height, width, channels] → `feature`, and the head's output if there is a head.
 * - `onnx`: `image` [batch, channels, height, width] → `feature`, and `projection`.
 *
 * Images are float32 and normalized. With `pixels`, they are 0 to 255, in ONNX as bytes.
 *
 * The metadata is that of {@linkcode exportMetadata}: in ONNX in `metadata_props`, in TensorFlow.js in
 * `userDefinedMetadata`.
 *
 * Throws a UsageError, which names the layer, if the format has no form of it, or if the path must
 * not be written, and a DataError if the file cannot be written.
 */
export async function exportEncoder(options: ExportOptions): Promise<Exported> {
  const { format, path, source, fold, encoder, dataset } = options;
  checkForm(options);
  await checkOutput(path, format === "tfjs" ? "folder" : "file", source);
  const read = async (model: tf.LayersModel, shape: readonly number[], output: string) => {
    const graph = await readGraph(model, shape, output);
    return fold ? foldBatchNorms(graph) : graph;
  };
  const parts: ExportParts = {
    encoder: await read(encoder.model, dataset.shape, "feature"),
    ...(options.head && { head: await read(options.head, [encoder.dim], "projection") }),
  };
  const { contents, onlySize } = encode(options, parts);
  const replaced = await writeOutput(path, contents);
  const sizes = contents instanceof Uint8Array ? [contents] : [...contents.values()];
  return { bytes: sizes.reduce((sum, { length }) => sum + length, 0), replaced, onlySize };
}

function encode(
  options: ExportOptions,
  parts: ExportParts,
): { contents: OutputContents; onlySize?: readonly number[] } {
  const { format, encoderName: name, encoder: { anySize }, batchesTracked, dataset } = options;
  const metadata = exportMetadata(options, parts.encoder, options);
  const graph = wholeGraph(options, parts);
  switch (format) {
    case "tfjs": {
      const { files, fixedSize } = tfjsModel(graph, { name, metadata });
      return { contents: files, ...(fixedSize && { onlySize: dataset.shape.slice(0, 2) }) };
    }
    case "onnx": {
      const { normalization, mean, std } = metadata;
      const model = onnxModel(graph, {
        name,
        version: VERSION,
        anySize,
        inputType: options.pixels ? "uint8" : "float32",
        inputDescription: `${normalization}; mean ${mean}, std ${std}`,
        metadata,
      });
      return { contents: encodeOnnx(model) };
    }
    default: {
      const naming = format === "safetensors"
        ? { style: "torchvision", parallel: false } as const
        : { style: "reference", parallel: true } as const;
      const tensors = torchTensors(parts, naming, batchesTracked);
      // The format that programs of PyTorch look for.
      return { contents: encodeSafetensors(tensors, { ...metadata, format: "pt" }) };
    }
  }
}

/** The network as one graph, with the images as its input. */
function wholeGraph(
  { pixels, dataset }: ExportOptions,
  { encoder, head }: ExportParts,
): ExportGraph {
  const graph = head ? joinGraphs(encoder, head, "projection") : encoder;
  return pixels ? takePixels(graph, momentsOf(dataset)) : graph;
}

/** Throws a UsageError if the format cannot hold what is asked for. */
function checkForm({ format, head, fold, pixels }: ExportOptions): void {
  const refuse = (act: string, rule: string, next: string) => {
    throw new UsageError({ act, rule, next });
  };
  if (pixels && format !== "tfjs" && format !== "onnx") {
    const rule = "this format holds weights only, and no layer that could normalize pixels";
    refuse(`export with --pixels as ${format}`, rule, "Leave out --pixels.");
  }
  if (format !== "pth-names") return;
  const act = "export under the reference's names";
  if (fold) refuse(act, "the reference's model has its batch norms", "Leave out --fold.");
  if (!head) {
    const rule = "the reference's checkpoints have a projection head, and this one must";
    refuse(act, rule, "Choose --format=safetensors.");
  }
}

/** The encoder and, if it is exported, the projection head. */
interface ExportParts {
  /** The encoder. */
  readonly encoder: ExportGraph;
  /** The head. */
  readonly head?: ExportGraph;
}

/**
 * The tensors of a state dict. Batch norms have `num_batches_tracked`. A folded batch norm has no
 * tensors, and the convolution before it has a bias, as after PyTorch's `fuse_modules`.
 *
 * Throws a UsageError if a weight has no name in PyTorch's model, with the first such weight, or if
 * the names are the reference's and the encoder has a max-pool, which the reference's model has not.
 *
 * @param batchesTracked how many batches each batch norm saw in training; 0 if unknown
 */
export function torchTensors(
  { encoder, head }: ExportParts,
  naming: TorchNaming,
  batchesTracked: number,
): Map<string, NamedArray> {
  const pool = encoder.layers.find(({ className }) => className === "MaxPooling2D");
  if (naming.style === "reference" && pool) {
    throw new UsageError({
      act: `export the layer ${pool.name}`,
      rule: "the reference's model has no max-pool",
      next: "Choose --format=safetensors.",
    });
  }
  const weights = new Map([...named("encoder.", encoder), ...head ? named("", head) : []]);
  const tensors = toTorch(weights, naming);
  const tracked: NamedArray = {
    dtype: "I64",
    shape: [],
    data: BigInt64Array.of(BigInt(batchesTracked)),
  };
  for (const name of tensors.keys()) {
    if (name.endsWith(".num_batches_tracked")) tensors.set(name, tracked);
  }
  return tensors;
}

/** The weights by the names of a checkpoint; a head's layers are already called `head.0` and so on. */
function named(prefix: string, { layers }: ExportGraph): [string, NamedArray][] {
  return layers.flatMap(({ name, weights }) =>
    [...weights].map(([part, weight]): [string, NamedArray] => [`${prefix}${name}.${part}`, weight])
  );
}

/** The files that an export to a folder is made of. */
const OF_FOLDER = /^(model\.json|.*\.bin)$/;

/**
 * Throws a UsageError where an export may not be written to `path`: a file replaces a file, but of a
 * run only an earlier export, and not `source`; a folder replaces a folder that is empty or an earlier
 * export.
 */
export async function checkOutput(
  path: string,
  kind: "file" | "folder",
  source?: string,
): Promise<void> {
  if (kind === "file") return await checkReplaceable(path, "--output", isExport, source);
  await checkReplaceableFolder(path, {
    act: `write ${path}`,
    flag: "--output",
    what: "export",
    foreign: (names) =>
      names.find((name) => !OF_FOLDER.test(name)) ??
        (names.includes("model.json") ? undefined : names[0]),
  });
}

/** Whether a file is an earlier export, by safetensors metadata or the first fields of ONNX. */
function isExport(bytes: Uint8Array<ArrayBuffer>): boolean {
  if (asSafetensors(bytes)?.metadata.tauplus !== undefined) return true;
  return new TextDecoder("latin1").decode(bytes.subarray(0, 32)).includes("tauplus");
}

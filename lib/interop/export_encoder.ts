/**
 * A trained encoder in the form of other programs.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";
import type { Encoder } from "../plugin.ts";
import { checkOutput, type ExportContents, writeExport } from "./export_files.ts";
import { type ExportGraph, joinGraphs, readGraph } from "./export_graph.ts";
import { exportMetadata, type ExportSource, VERSION } from "./export_metadata.ts";
import { type ExportParts, torchTensors } from "./export_torch.ts";
import { foldBatchNorms } from "./fold.ts";
import { onnxModel } from "./onnx_model.ts";
import { encodeOnnx } from "./onnx_proto.ts";
import { encodeSafetensors } from "./safetensors.ts";
import { tfjsModel } from "./tfjs_model.ts";

/** The forms there are. */
export type ExportFormat = "safetensors" | "pth-names" | "tfjs" | "onnx";

/** What is exported, and how. */
export interface ExportOptions extends ExportSource {
  /** The form. */
  readonly format: ExportFormat;
  /** The file to write; a folder for `tfjs`. */
  readonly path: string;
  /** The checkpoint that the weights are from, which is never replaced. */
  readonly source: string;
  /** The encoder, with its weights. */
  readonly encoder: Encoder;
  /** The projection head, where it goes along. */
  readonly head?: tf.LayersModel;
  /** Whether batch norm is folded into what is before it. */
  readonly fold: boolean;
  /** How many batches each batch norm saw in training, 0 where that is unknown. */
  readonly batchesTracked: number;
}

/** What was written. */
export interface Exported {
  /** How many bytes. */
  readonly bytes: number;
  /** Whether there was an earlier export. */
  readonly replaced: boolean;
  /** The only size of images that the written network takes, where it takes one only. */
  readonly onlySize?: readonly number[];
}

/**
 * Writes the encoder, whole or not at all:
 *
 * - `safetensors`: weights under torchvision's names; the head's are `head.0.weight` …
 * - `pth-names`: weights under the names of the reference's checkpoints, `module.f.0.weight` to
 *   `module.g.3.bias`; needs the head.
 * - `tfjs`: a folder with `model.json`, of layers that every TensorFlow.js has; images
 *   [batch, height, width, channels] → `feature`, and the head's output where it goes along.
 * - `onnx`: `image` [batch, channels, height, width] → `feature`, and `projection`.
 *
 * The metadata is that of {@linkcode exportMetadata}; of ONNX in `metadata_props`, of TensorFlow.js in
 * `userDefinedMetadata`. Throws a UsageError where a layer, named in it, cannot be exported so, or
 * the path must not be written; a DataError where the disk fails.
 */
export async function exportEncoder(options: ExportOptions): Promise<Exported> {
  const { format, path, source, fold, encoder, dataset } = options;
  if (format === "pth-names") checkPthNames(options);
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
  const replaced = await writeExport(path, contents);
  const sizes = contents instanceof Uint8Array ? [contents] : [...contents.values()];
  return { bytes: sizes.reduce((sum, { length }) => sum + length, 0), replaced, onlySize };
}

function encode(
  options: ExportOptions,
  parts: ExportParts,
): { contents: ExportContents; onlySize?: readonly number[] } {
  const { format, encoderName: name, encoder: { anySize }, batchesTracked, dataset } = options;
  const metadata = exportMetadata(options, parts.encoder, options.fold);
  const graph: ExportGraph = parts.head
    ? joinGraphs(parts.encoder, parts.head, "projection")
    : parts.encoder;
  switch (format) {
    case "tfjs": {
      const { files, fixedSize } = tfjsModel(graph, { name, metadata });
      return { contents: files, ...(fixedSize && { onlySize: dataset.shape.slice(0, 2) }) };
    }
    case "onnx": {
      const preparation = `float32, ${metadata.normalization}: mean ${metadata.mean}, ` +
        `std ${metadata.std}`;
      const model = onnxModel(graph, { name, version: VERSION, anySize, preparation, metadata });
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

function checkPthNames({ head, fold }: ExportOptions): void {
  const rule = !head
    ? "the reference's checkpoints have a projection head, and this one must"
    : fold
    ? "the reference's model has its batch norms"
    : undefined;
  if (rule === undefined) return;
  const next = fold ? "Leave out --fold." : "Choose --format=safetensors.";
  throw new UsageError({ act: "export under the reference's names", rule, next });
}

/**
 * Features as a file for other programs.
 *
 * @module
 */
import { nameOf } from "../guard.ts";
import { encodeSafetensors, type NamedArray } from "../interop/safetensors.ts";
import { writeAtomic } from "../files.ts";
import { asSafetensors } from "../run/outputs.ts";
import { type FeatureOptions, featureRows } from "./features.ts";
import { findSplit } from "../splits.ts";

/** What is embedded, and where to. */
export interface EmbedOptions extends FeatureOptions {
  /** The file to write. */
  readonly path: string;
}

/**
 * Writes the features of all examples of a split, labeled or not, to a safetensors file, whole or
 * not at all: `features` F32 [n, dim], not normalized; `labels` I32 [n], −1 where unknown;
 * `indices` I32 [n], the places in the split. The metadata names dataset, split and encoder.
 *
 * Throws what {@linkcode featureRows} throws, and DataError where the file cannot be written.
 */
export async function embed(options: EmbedOptions): Promise<{ length: number; dim: number }> {
  const { encoder, encoder: { dim }, dataset, split, path } = options;
  const { length, labels } = findSplit(dataset, split);
  const indices = Int32Array.from({ length }, (_, index) => index);
  const features = await featureRows(options, indices);
  const tensors = new Map<string, NamedArray>([
    ["features", { dtype: "F32", shape: [length, dim], data: features }],
    ["labels", {
      dtype: "I32",
      shape: [length],
      data: labels ?? new Int32Array(length).fill(-1),
    }],
    ["indices", { dtype: "I32", shape: [length], data: indices }],
  ]);
  const [from, by] = [nameOf(dataset), nameOf(encoder)];
  const metadata = {
    ...(from !== undefined && { dataset: from }),
    split,
    ...(by !== undefined && { encoder: by }),
  };
  await writeAtomic(path, encodeSafetensors(tensors, metadata));
  return { length, dim };
}

/** Whether the bytes of a file are what {@linkcode embed} writes. */
export function isEmbedding(bytes: Uint8Array<ArrayBuffer>): boolean {
  const { tensors, metadata } = asSafetensors(bytes) ?? {};
  return metadata?.split !== undefined && metadata.encoder !== undefined &&
    ["features", "labels", "indices"].every((name) => tensors?.has(name));
}

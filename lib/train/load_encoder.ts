/**
 * A trained encoder from a run or a file of weights, of any format and naming that is known.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { extname } from "node:path";
import { DataError } from "../errors.ts";
import { fromTorch } from "../interop/torch_names.ts";
import { checkChosen, findNaming, prefixOf, type TorchNaming } from "../interop/torch_naming.ts";
import { encoderWeights } from "./network.ts";
import { assignVariables } from "./variable_arrays.ts";
import { openFile, readFile } from "../files.ts";
import { isPth, readPth } from "../interop/pth.ts";
import { isSafetensors, type NamedArray } from "../interop/safetensors.ts";
import { newestWhole, readVerified } from "./checkpoint.ts";

interface WeightsFile {
  /** The tensors, by the file's own names and in its own layouts. */
  readonly tensors: ReadonlyMap<string, NamedArray>;
  /** How PyTorch code named them; undefined where it did not, as in a checkpoint of tauplus. */
  readonly naming?: TorchNaming;
  /** Free text by name; none where it is no safetensors file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What a file of PyTorch has besides, by name. */
  readonly unread: readonly string[];
}

/**
 * Reads a file of PyTorch in either layout, or a safetensors file, told apart by their contents.
 * Throws a DataError where it is missing, damaged or neither, or has several encoders that could be
 * meant.
 */
export async function readWeights(path: string): Promise<WeightsFile> {
  const { tensors, metadata, unread } = await isOfTorch(path)
    ? { ...readPth(await readFile(path), path), metadata: {} }
    : { ...await readVerified(path), unread: [] };
  const naming = findNaming(tensors.keys());
  if (naming) checkChosen(tensors, naming, path);
  return { tensors, metadata, naming, unread };
}

/** Where the contents do not show the format, the file's name decides which parser reports. */
async function isOfTorch(path: string): Promise<boolean> {
  const start = new Uint8Array(16);
  try {
    using file = openFile(path);
    await file.read(start);
  } catch (error) {
    if (error instanceof DataError) throw error;
    return false; // safetensors' reader says why
  }
  return !isSafetensors(start) && (isPth(start) || /^\.(pth|pt|tar|ckpt)$/.test(extname(path)));
}

/** What was loaded. */
export interface LoadedEncoder {
  /** The path of the file. */
  readonly path: string;
  /**
   * Parts of a PyTorch file that are not of the encoder, such as `fc` or `module.encoder_k`, and what
   * the file has beside the weights, such as `argparse.Namespace`.
   */
  readonly ignored: readonly string[];
  /** Where the file has several encoders, the one that was loaded, such as `module.encoder_q`. */
  readonly chosen?: string;
  /** If newer checkpoints of the run are damaged: their paths, newest first. */
  readonly damaged?: readonly string[];
}

/**
 * Loads the encoder's weights into a model that the same encoder plugin built: `encoder.*` of a
 * `.safetensors` file of ours, or of the newest undamaged checkpoint of a run's folder; or those of a PyTorch
 * file (`.pth` or `.safetensors`) under torchvision's names or the reference's, or those of a trainer
 * that wraps such a network. Where the file has a momentum encoder too, the one that it follows is
 * taken.
 *
 * Throws a DataError where there is no such file, it is damaged, or it does not fit the model (it
 * names the first weight that does not, as the file names it); nothing is assigned then.
 */
export async function loadEncoderWeights(
  path: string,
  model: tf.LayersModel,
): Promise<LoadedEncoder> {
  const { file, damaged, tensors, naming, unread } = await weightsOf(path);
  const source = { path: file, ...(damaged && { damaged }) };
  const weights = encoderWeights(model);
  if (naming) {
    const found = fromTorch(tensors, weights, naming, file);
    assignVariables(weights, found.weights, file);
    return {
      ...source,
      ignored: [...found.ignored, ...unread],
      ...(naming.others && { chosen: prefixOf(naming).replace(/\.$/, "") }),
    };
  }
  const extra = [...tensors.keys()].find((name) =>
    name.startsWith("encoder.") && !weights.has(name)
  );
  if (extra !== undefined) {
    throw new DataError({
      act: `load ${file}`,
      rule: "the encoder must have all weights of the file",
      got: extra,
      next: "Build the encoder with the options it was trained with.",
    });
  }
  assignVariables(weights, tensors, file);
  return { ...source, ignored: [] };
}

/** A file of weights: `path` itself or, of a run's folder, the newest checkpoint that is whole. */
async function weightsOf(
  path: string,
): Promise<WeightsFile & { readonly file: string; readonly damaged?: readonly string[] }> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info?.isDirectory) return { file: path, ...await readWeights(path) };
  const { whole, damaged } = await newestWhole(path, readWeights);
  if (whole) return { ...whole, file: whole.path, ...(damaged.length > 0 && { damaged }) };
  throw new DataError({
    act: `load an encoder from ${path}`,
    rule: "the folder must have a checkpoint",
    got: "none",
    next: "Train for longer: a run is saved every --save_every epochs and at its end.",
  });
}

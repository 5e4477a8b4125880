/**
 * A file of weights of any format and naming that is known.
 *
 * @module
 */
import { extname } from "node:path";
import { checkIsFile } from "../files.ts";
import { DataError } from "../errors.ts";
import { isPth, readPth } from "../interop/pth.ts";
import { isSafetensors, type NamedArray } from "../interop/safetensors.ts";
import { checkChosen, findNaming, type TorchNaming } from "../interop/torch_naming.ts";
import { readVerified } from "./checkpoint.ts";

export interface WeightsFile {
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
    ? { ...readPth(await Deno.readFile(path), path), metadata: {} }
    : { ...await readVerified(path), unread: [] };
  const naming = findNaming(tensors.keys());
  if (naming) checkChosen(tensors, naming, path);
  return { tensors, metadata, naming, unread };
}

/** Where the contents do not show the format, the file's name decides which parser reports. */
async function isOfTorch(path: string): Promise<boolean> {
  const start = new Uint8Array(16);
  try {
    checkIsFile(`read ${path}`, path);
    using file = await Deno.open(path);
    await file.read(start);
  } catch (error) {
    if (error instanceof DataError) throw error;
    return false; // safetensors' reader says why
  }
  return !isSafetensors(start) && (isPth(start) || /^\.(pth|pt|tar|ckpt)$/.test(extname(path)));
}

/**
 * A trained encoder from a run or a file.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { DataError } from "../errors.ts";
import { listCheckpoints } from "../run/run_folder.ts";
import { readVerified } from "./checkpoint.ts";
import { encoderWeights } from "./network.ts";
import { assignVariables } from "./variable_arrays.ts";

/**
 * Loads `encoder.*` of a `.safetensors` file, or of the newest checkpoint of a run's folder, into a
 * model that the same encoder plugin built. Returns the path of the file.
 *
 * Throws a DataError where there is no such file, it is damaged, or it does not fit the model (it
 * names the first weight that does not).
 */
export async function loadEncoderWeights(
  path: string,
  model: tf.LayersModel,
): Promise<string> {
  const file = await checkpointFile(path);
  const { tensors } = await readVerified(file);
  const weights = encoderWeights(model);
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
  return file;
}

/** `path` itself, or the newest checkpoint where it is a run's folder. */
async function checkpointFile(path: string): Promise<string> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info?.isDirectory) return path;
  const [newest] = await listCheckpoints(path);
  if (newest) return newest.path;
  throw new DataError({
    act: `load an encoder from ${path}`,
    rule: "the folder must have a checkpoint",
    got: "none",
    next: "Train for longer: a run is saved every --save_every epochs and at its end.",
  });
}

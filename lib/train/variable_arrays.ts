/**
 * Variables to arrays and back, by name.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { DataError, TrainingError } from "../errors.ts";
import type { NamedArray } from "../interop/safetensors.ts";

const DTYPES: Readonly<Record<string, "F32" | "I32" | "BOOL">> = {
  float32: "F32",
  int32: "I32",
  bool: "BOOL",
};

/**
 * Reads all variables back. Throws a TrainingError where one holds a value that is not finite.
 *
 * @param next what is to be done then
 */
export async function readVariables(
  variables: ReadonlyMap<string, tf.Variable>,
  next: () => Promise<string> = () => Promise.resolve("Train with a smaller --learning_rate."),
): Promise<Map<string, NamedArray>> {
  // All at once: each readback by itself would wait for the device.
  const arrays = await Promise.all([...variables].map(async ([name, variable]) => {
    const array: NamedArray = {
      dtype: DTYPES[variable.dtype],
      shape: variable.shape,
      data: await variable.data(),
    };
    return [name, array] as const;
  }));
  for (const [name, { data }] of arrays) {
    if (!(data instanceof Float32Array)) continue;
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    throw new TrainingError({
      act: "continue training",
      rule: `every weight must be a finite number, but ${name} has at ${at}`,
      got: data[at],
      next: await next(),
    });
  }
  return new Map(arrays);
}

/**
 * Assigns arrays to the variables of the same names. Throws a DataError about `source` where one is
 * missing, has another shape or type or is not finite, before anything is assigned.
 */
export function assignVariables(
  variables: ReadonlyMap<string, tf.Variable>,
  arrays: ReadonlyMap<string, NamedArray>,
  source: string,
): void {
  for (const [name, { dtype, shape }] of variables) {
    const array = arrays.get(name);
    const expected = `${DTYPES[dtype]} [${shape}]`;
    const got = array ? `${array.dtype} [${array.shape}]` : "nothing";
    if (got === expected) continue;
    throw new DataError({
      act: `load ${source}`,
      rule: `it must have ${name}, ${expected}`,
      got,
      next: "Use the encoder, the options and the plugins that the file was made with.",
    });
  }
  for (const name of variables.keys()) {
    const { data, dtype } = arrays.get(name)!;
    const at = dtype === "F32" ? data.findIndex((value) => !Number.isFinite(value)) : -1;
    if (at < 0) continue;
    throw new DataError({
      act: `load ${source}`,
      rule: `every weight must be a finite number, but ${name} has at ${at}`,
      got: data[at],
      next: "What trained it has diverged: use an earlier file.",
    });
  }
  for (const [name, variable] of variables) {
    const { data, shape } = arrays.get(name)!;
    const value = tf.tensor(
      data as Float32Array | Int32Array | Uint8Array,
      [...shape],
      variable.dtype,
    );
    variable.assign(value);
    value.dispose();
  }
}

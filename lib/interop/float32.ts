/**
 * Arrays of any floating-point type as float32.
 *
 * @module
 */
import type { NamedArray } from "./named_array.ts";

/**
 * The elements of a tensor of type F64, F32, F16 or BF16 as float32, the same array where it is one
 * already; undefined for every other type.
 */
export function toFloat32({ dtype, data }: NamedArray): Float32Array | undefined {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  if (!(data instanceof Uint16Array)) return undefined;
  if (dtype === "F16") {
    return Float32Array.from(new Float16Array(data.buffer, data.byteOffset, data.length));
  }
  // A bfloat16 is the upper half of a float32.
  if (dtype === "BF16") {
    return new Float32Array(Uint32Array.from(data, (half) => half << 16).buffer);
  }
}

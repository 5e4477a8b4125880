/**
 * Which tensors are stored as float16. For TensorFlow.js their dtype is float32; only their data on
 * the device is half as large, and only the kernels of this folder can read it.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

const halves = new WeakSet<tf.DataId>();

/** Whether the tensor's data is float16; false for an optional input that is absent. */
export function isHalf(tensor: tf.TensorInfo | undefined): boolean {
  return tensor !== undefined && halves.has(tensor.dataId);
}

/** Records that the data of the tensor is float16. */
export function markHalf({ dataId }: tf.TensorInfo): void {
  halves.add(dataId);
}

/** The type of an element as it is stored: `vec4h` for `vec4f` if the tensor is float16. */
export function storedElement(tensor: tf.TensorInfo, element: string): string {
  if (!isHalf(tensor)) return element;
  const stored = element === "f32" ? "f16" : element.replace(/^(vec[234])f$/, "$1h");
  if (stored === element) throw new TypeError(`float16 cannot be bound as ${element}`);
  return stored;
}

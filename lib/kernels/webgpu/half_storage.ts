/**
 * Which tensors are stored as float16. To TensorFlow.js they are of dtype float32 and of their own
 * shape; only the data on the device is half as large, and only our kernels know.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

const halves = new WeakSet<tf.DataId>();

/** Whether the tensor's data is float16; false where there is none, as of a kernel's optional input. */
export function isHalf(tensor: tf.TensorInfo | undefined): boolean {
  return tensor !== undefined && halves.has(tensor.dataId);
}

/** Says that the data of the tensor is float16. */
export function markHalf({ dataId }: tf.TensorInfo): void {
  halves.add(dataId);
}

/** The type of an element as it is stored: `vec4f` of a tensor of float16 is `vec4h`. */
export function storedElement(tensor: tf.TensorInfo, element: string): string {
  if (!isHalf(tensor)) return element;
  const stored = element === "f32" ? "f16" : element.replace(/^(vec[234])f$/, "$1h");
  if (stored === element) throw new TypeError(`float16 cannot be bound as ${element}`);
  return stored;
}

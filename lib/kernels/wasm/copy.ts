/**
 * Slices, padding, tiling and gathering on wasm, as copies of contiguous runs. The backend copies
 * its whole input before it slices, and tiles and gathers element by element.
 *
 * Tests and reference: `tests/lib/kernels/wasm/copy_test.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Heap } from "./heap.ts";

/** A block of a tensor: where it begins along every axis. */
interface Corner {
  tensor: tf.TensorInfo;
  begin: readonly number[];
}

/** Shorter runs are copied element by element, which costs less than a call. */
const SHORT = 24;

/** Memory in units of the elements of `dtype`, and the index of a tensor in it. */
function elements(heap: Heap, dtype: tf.DataType) {
  const bytes = heap.bytes();
  const size = dtype === "bool" ? 1 : 4;
  return {
    values: size === 1 ? bytes : new Int32Array(bytes.buffer),
    at: (tensor: tf.TensorInfo) => heap.address(tensor) / size,
  };
}

/** Copies a block of `size` from one tensor into another. */
function copyBlock(heap: Heap, from: Corner, to: Corner, size: readonly number[]): void {
  if (tf.util.sizeFromShape([...size]) === 0) return;
  const { values, at } = elements(heap, from.tensor.dtype);
  // Trailing axes that are whole on both sides, and the one before them, make one run.
  let axis = size.length - 1, run = 1;
  const whole = (i: number) => size[i] === from.tensor.shape[i] && size[i] === to.tensor.shape[i];
  while (axis > 0 && whole(axis)) run *= size[axis--];
  const [fromStep, toStep] = [from, to].map(({ tensor: { shape } }) =>
    shape.map((_, i) => tf.util.sizeFromShape(shape.slice(i + 1)))
  );
  const corner = ({ tensor, begin }: Corner, step: number[]) =>
    begin.reduce((sum, b, i) => sum + b * step[i], at(tensor));
  const copy = (depth: number, source: number, target: number) => {
    if (depth < axis) {
      for (let i = 0; i < size[depth]; i++) {
        copy(depth + 1, source + i * fromStep[depth], target + i * toStep[depth]);
      }
      return;
    }
    const length = (size[axis] ?? 1) * run;
    if (length >= SHORT) values.copyWithin(target, source, source + length);
    else for (let i = 0; i < length; i++) values[target + i] = values[source + i];
  };
  copy(0, corner(from, fromStep), corner(to, toStep));
}

const isNumeric = ({ dtype }: tf.TensorInfo) =>
  dtype === "float32" || dtype === "int32" || dtype === "bool";

/** x[begin … begin + size]. */
export function slice(
  heap: Heap,
  x: tf.TensorInfo,
  begin: number | number[],
  size: number | number[],
): tf.TensorInfo | undefined {
  if (!isNumeric(x)) return;
  const [from, shape] = tf.slice_util.parseSliceParams(x, begin, size);
  tf.slice_util.assertParamsValid(x, from, shape);
  const out = heap.output(shape, x.dtype);
  copyBlock(heap, { tensor: x, begin: from }, { tensor: out, begin: shape.map(() => 0) }, shape);
  return out;
}

/** x with `value` around it. */
export function pad(
  heap: Heap,
  x: tf.TensorInfo,
  paddings: [number, number][],
  value: number,
): tf.TensorInfo | undefined {
  if (x.dtype !== "float32") return;
  const out = heap.output(x.shape.map((n, i) => n + paddings[i][0] + paddings[i][1]));
  heap.fill(out, value);
  const begin = paddings.map(([before]) => before);
  copyBlock(heap, { tensor: x, begin: x.shape.map(() => 0) }, { tensor: out, begin }, x.shape);
  return out;
}

/** x repeated `reps[i]` times along axis i. */
export function tile(heap: Heap, x: tf.TensorInfo, reps: number[]): tf.TensorInfo | undefined {
  if (!isNumeric(x)) return;
  const origin = x.shape.map(() => 0);
  const out = heap.output(x.shape.map((n, i) => n * reps[i]), x.dtype);
  const begin = [...origin];
  const place = (axis: number) => {
    if (axis === begin.length) {
      copyBlock(heap, { tensor: x, begin: origin }, { tensor: out, begin }, x.shape);
      return;
    }
    for (let i = 0; i < reps[axis]; i++) {
      begin[axis] = i * x.shape[axis];
      place(axis + 1);
    }
  };
  place(0);
  return out;
}

/** The slices of x along `axis` at `indices`, an int32 tensor of any shape. */
export function gather(
  heap: Heap,
  x: tf.TensorInfo,
  indices: tf.TensorInfo,
  axis: number,
): tf.TensorInfo | undefined {
  if (!isNumeric(x) || indices.dtype !== "int32") return;
  const [at] = tf.util.parseAxisParam(axis, x.shape);
  const out = heap.output(
    [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)],
    x.dtype,
  );
  const outer = tf.util.sizeFromShape(x.shape.slice(0, at));
  const inner = tf.util.sizeFromShape(x.shape.slice(at + 1));
  const count = tf.util.sizeFromShape(indices.shape);
  const { values, at: start } = elements(heap, x.dtype);
  const chosen = new Int32Array(heap.bytes().buffer, heap.address(indices), count);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      const index = chosen[i];
      if (index < 0 || index >= x.shape[at]) {
        throw new RangeError(`gather: the index ${index} is not in [0, ${x.shape[at]})`);
      }
      const source = start(x) + (o * x.shape[at] + index) * inner;
      values.copyWithin(start(out) + (o * count + i) * inner, source, source + inner);
    }
  }
  return out;
}

/** out[s] = Σ of x[i] over all i with `ids[i]` = s; the gradient of {@linkcode gather}. */
export function segmentSum(
  heap: Heap,
  x: tf.TensorInfo,
  ids: tf.TensorInfo,
  segments: number,
): tf.TensorInfo | undefined {
  if (x.dtype !== "float32") return;
  const out = heap.output([segments, ...x.shape.slice(1)]);
  heap.fill(out, 0);
  const inner = tf.util.sizeFromShape(x.shape.slice(1));
  const floats = heap.floats();
  const from = heap.address(x) / 4, to = heap.address(out) / 4;
  const id = new Int32Array(floats.buffer, heap.address(ids), x.shape[0]);
  for (let i = 0; i < x.shape[0]; i++) {
    if (id[i] < 0 || id[i] >= segments) continue;
    for (let j = 0; j < inner; j++) floats[to + id[i] * inner + j] += floats[from + i * inner + j];
  }
  return out;
}

/**
 * Tensors outside TensorFlow.js: typed arrays with a shape, as files hold them.
 *
 * @module
 */

/** By falling width of an element, in the order in which safetensors are laid out. */
const ARRAYS = {
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  BF16: Uint16Array,
  F16: Uint16Array,
  U16: Uint16Array,
  I16: Int16Array,
  F8_E5M2FNUZ: Uint8Array,
  F8_E4M3FNUZ: Uint8Array,
  F8_E8M0: Uint8Array,
  F8_E4M3: Uint8Array,
  F8_E5M2: Uint8Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const satisfies Record<Dtype, unknown>;

/**
 * The types of elements. `F16`, `BF16` and `F8_…` are given as their 16- and 8-bit words, `BOOL` as
 * bytes.
 */
export type Dtype =
  | "F64"
  | "I64"
  | "U64"
  | "F32"
  | "I32"
  | "U32"
  | "F16"
  | "BF16"
  | "I16"
  | "U16"
  | "F8_E4M3"
  | "F8_E5M2"
  | "F8_E8M0"
  | "F8_E4M3FNUZ"
  | "F8_E5M2FNUZ"
  | "I8"
  | "U8"
  | "BOOL";

/** The arrays that hold the elements. */
export type ElementArray =
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Int16Array
  | Int8Array
  | Uint8Array;

/** One tensor: `data` has as many elements as the product of `shape` (1 for a scalar, `[]`). */
export interface NamedArray {
  /** The type of the elements. */
  readonly dtype: Dtype;
  /** The shape. */
  readonly shape: readonly number[];
  /** The elements, row-major. */
  readonly data: ElementArray;
}

/** All types of elements, the widest first. */
export const DTYPES: readonly string[] = Object.keys(ARRAYS);

/** Whether a value is one of {@linkcode DTYPES}. */
export function isDtype(value: unknown): value is Dtype {
  return typeof value === "string" && Object.hasOwn(ARRAYS, value);
}

/** Whether `data` is the kind of array that holds elements of a type. */
export function holds(dtype: Dtype, data: ElementArray): boolean {
  return data instanceof ARRAYS[dtype];
}

/** Bytes of an element. */
export function elementBytes(dtype: Dtype): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** The number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Bytes (little-endian, a whole number of elements) as elements: a view where they are aligned. */
export function toElements(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): ElementArray {
  const aligned = bytes.byteOffset % elementBytes(dtype) === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  return new ARRAYS[dtype](buffer, byteOffset, byteLength / elementBytes(dtype));
}

/** A tensor with its axes in another order: axis i of the result is axis `axes[i]`. */
export function permute({ dtype, shape, data }: NamedArray, axes: readonly number[]): NamedArray {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const view = {
    shape: axes.map((axis) => shape[axis]),
    strides: axes.map((axis) => strides[axis]),
    offset: 0,
  };
  return { dtype, shape: view.shape, data: gather(dtype, data, view) };
}

/** Elements of an array in the order of a tensor. */
export interface StridedView {
  /** The shape of the tensor. */
  readonly shape: readonly number[];
  /** How many elements apart neighbors along each axis are. */
  readonly strides: readonly number[];
  /** Where its first element is. */
  readonly offset: number;
}

/** A copy of the elements `offset + Σ index·stride` of `data`, which must be there, row-major. */
export function gather(dtype: Dtype, data: ElementArray, view: StridedView): ElementArray {
  const from = toWords(dtype, data);
  // The bits are copied as they are; a wide element is two words.
  const wide = elementBytes(dtype) === 8;
  const shape = wide ? [...view.shape, 2] : view.shape;
  const strides = wide ? [...view.strides.map((stride) => 2 * stride), 1] : view.strides;
  const result = new Uint8Array(elementCount(view.shape) * elementBytes(dtype));
  const to = toWords(dtype, result);
  const index = new Array<number>(shape.length).fill(0);
  const [inner, step] = [shape.at(-1) ?? 1, strides.at(-1) ?? 0];
  for (let at = 0, start = wide ? 2 * view.offset : view.offset; at < to.length;) {
    for (let i = 0, source = start; i < inner; i++, source += step) to[at++] = from[source];
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      start += strides[axis];
      if (++index[axis] < shape[axis]) break;
      start -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return toElements(dtype, result);
}

function toWords(dtype: Dtype, data: ElementArray): Uint8Array | Uint16Array | Uint32Array {
  const { buffer, byteOffset, byteLength } = data;
  switch (elementBytes(dtype)) {
    case 1:
      return new Uint8Array(buffer, byteOffset, byteLength);
    case 2:
      return new Uint16Array(buffer, byteOffset, byteLength / 2);
    default:
      return new Uint32Array(buffer, byteOffset, byteLength / 4);
  }
}

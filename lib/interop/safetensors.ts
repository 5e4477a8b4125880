/**
 * The safetensors format: eight bytes of header length (little-endian), a JSON header, then the
 * tensors' bytes (little-endian, row-major) without holes.
 * Format: https://github.com/huggingface/safetensors, section "Format".
 *
 * @module
 */
import { DataError } from "../errors.ts";

const ARRAYS = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const satisfies Record<Dtype, unknown>;

const MAX_HEADER = 100_000_000;

/** The types of elements; `F16` and `BF16` are given as their 16-bit words, `BOOL` as bytes. */
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

/** What a file holds. */
export interface Safetensors {
  /** The tensors by name, in the order of their bytes. */
  readonly tensors: Map<string, NamedArray>;
  /** Free text by name. */
  readonly metadata: Record<string, string>;
}

/**
 * Writes tensors and metadata as one safetensors file. Tensors are laid out by falling element
 * size, then by name, so each is aligned and equal contents give equal bytes.
 *
 * Throws a RangeError where `data` does not fit `shape` and `dtype`, or a name is `__metadata__`.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].sort(([nameA, a], [nameB, b]) =>
    elementBytes(b.dtype) - elementBytes(a.dtype) || (nameA < nameB ? -1 : 1)
  );
  const entries = [`"__metadata__":${JSON.stringify(metadata)}`];
  let end = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    if (
      name === "__metadata__" || !(data instanceof ARRAYS[dtype]) || data.length !== size(shape)
    ) {
      throw new RangeError(`${name}: ${data.length} elements do not make ${dtype} [${shape}]`);
    }
    const offsets = [end, end += data.byteLength];
    entries.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`,
    );
  }
  const text = new TextEncoder().encode(`{${entries.join(",")}}`);
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength).set(text, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. The arrays are views of `bytes` where they are aligned. `source` names
 * the file in the DataError that any breach of the format throws.
 */
export function decodeSafetensors(bytes: Uint8Array<ArrayBuffer>, source: string): Safetensors {
  const fail: Fail = (rule, got, cause) => {
    throw new DataError({
      act: `read ${source} as safetensors`,
      rule,
      got,
      next: "The file is damaged or of another format; write or download it again.",
      cause,
    });
  };
  if (bytes.length < 8) fail("the file must have at least 8 bytes", bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > MAX_HEADER) {
    fail(`the header must have at most ${MAX_HEADER} bytes`, headerLength);
  }
  if (headerLength > bytes.length - 8) {
    fail(`the header's ${headerLength} bytes must be within the file`, bytes.length - 8);
  }
  const entries = readHeader(bytes.subarray(8, 8 + headerLength), fail);
  const metadata = entries.get("__metadata__") ?? {};
  entries.delete("__metadata__");
  if (!isTexts(metadata)) {
    fail("the metadata must be an object of strings", JSON.stringify(metadata));
  }

  const data = bytes.subarray(8 + headerLength);
  const infos = [...entries].map(([name, entry]) => ({ name, ...readInfo(name, entry, fail) }));
  infos.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, NamedArray>();
  let at = 0;
  for (const { name, dtype, shape, begin, end } of infos) {
    if (begin !== at) fail(`${name} must begin where the one before it ends, at ${at}`, begin);
    if (end > data.length) fail(`${name} must end within the ${data.length} bytes of data`, end);
    tensors.set(name, { dtype, shape, data: elements(dtype, data.subarray(begin, end)) });
    at = end;
  }
  if (at !== data.length) fail(`the tensors must cover all ${data.length} bytes of data`, at);
  return { tensors, metadata };
}

type Fail = (rule: string, got: unknown, cause?: unknown) => never;

function readHeader(bytes: Uint8Array, fail: Fail): Map<string, unknown> {
  if (bytes[0] !== 0x7b) fail("the header must begin with {", bytes[0] ?? "nothing");
  let text = "";
  let header: Record<string, unknown>;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    fail("the header must be JSON in UTF-8", text.slice(0, 60), cause);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) fail("no name may stand twice in the header", twice);
  return new Map(Object.entries(header));
}

function readInfo(
  name: string,
  entry: unknown,
  fail: Fail,
): { dtype: Dtype; shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets, ...rest } = isRecord(entry) ? entry : {};
  const other = Object.keys(rest);
  if (other.length > 0) fail(`${name} must have dtype, shape and data_offsets only`, other[0]);
  if (!isDtype(dtype)) {
    return fail(`the dtype of ${name} must be one of ${Object.keys(ARRAYS).join(" ")}`, dtype);
  }
  if (!isCounts(shape)) return fail(`the shape of ${name} must be whole numbers`, shape);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    return fail(`the offsets of ${name} must be a beginning and an end`, offsets);
  }
  const [begin, end] = offsets;
  const expected = size(shape) * elementBytes(dtype);
  if (end - begin !== expected) {
    fail(`${name}, ${dtype} [${shape}], must have ${expected} bytes`, end - begin);
  }
  return { dtype, shape, begin, end };
}

/** The first key that stands twice in one object of `json`, which must be valid JSON. */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, quoted] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (quoted !== undefined) {
      const key: string = JSON.parse(quoted);
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
  }
}

function elements(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): ElementArray {
  const aligned = bytes.byteOffset % elementBytes(dtype) === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  return new ARRAYS[dtype](buffer, byteOffset, byteLength / elementBytes(dtype));
}

const elementBytes = (dtype: Dtype): number => ARRAYS[dtype].BYTES_PER_ELEMENT;

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is Record<string, string> =>
  isRecord(value) && Object.values(value).every((text) => typeof text === "string");

const isDtype = (value: unknown): value is Dtype =>
  typeof value === "string" && Object.hasOwn(ARRAYS, value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

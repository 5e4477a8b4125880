/**
 * The safetensors format: eight bytes of header length (little-endian), a JSON header, then the
 * tensors' bytes (little-endian, row-major) without holes.
 * Format: https://github.com/huggingface/safetensors, section "Format". Its types of less than a byte
 * (`F4`, `F6_…`) and its complex one (`C64`) are refused.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import {
  type Dtype,
  DTYPES,
  elementBytes,
  holds,
  isDtype,
  type NamedArray,
  toElements,
} from "./named_array.ts";
import { parseStrictJson } from "./strict_json.ts";

export type { Dtype, ElementArray, NamedArray } from "./named_array.ts";

const MAX_HEADER = 100_000_000;
/** The header, a tensor's entry, its shape. */
const MAX_DEPTH = 3;

/** What a file holds. */
export interface Safetensors {
  /** The tensors by name, in the order of their bytes. */
  readonly tensors: Map<string, NamedArray>;
  /** Free text by name. */
  readonly metadata: Record<string, string>;
}

/**
 * Writes tensors and metadata as one safetensors file, as the reference implementation does: laid
 * out by type, wide elements first, then by name, so each is aligned and equal contents give equal
 * bytes.
 *
 * Throws a RangeError where `data` does not fit `shape` and `dtype`, a name is `__metadata__`, a
 * text has half a surrogate pair, or the header would have more than 100 MB.
 *
 * @returns the bytes of the file; arrays are row-major, [rows, columns]
 *
 * @example Features for NumPy: safetensors.numpy.load_file("features.safetensors")
 * ```ts
 * import { encodeSafetensors } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = { dtype: "F32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
 * const bytes = encodeSafetensors(new Map([["features", rows]]), { split: "test" });
 * assertEquals(bytes.length % 8, 0); // a padded header, then 16 bytes of data
 * await Deno.writeFile(`${await Deno.makeTempDir()}/features.safetensors`, bytes);
 * ```
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].sort(([nameA, a], [nameB, b]) =>
    DTYPES.indexOf(a.dtype) - DTYPES.indexOf(b.dtype) || (nameA < nameB ? -1 : 1)
  );
  const texts = [...tensors.keys(), ...Object.entries(metadata).flat()];
  const broken = texts.find((text) => !text.isWellFormed());
  if (broken !== undefined) throw new RangeError(`half a surrogate pair in ${label(broken)}`);

  const entries: string[] = [];
  if (Object.keys(metadata).length > 0) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let end = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    if (
      name === "__metadata__" || !holds(dtype, data) || !isCounts(shape) ||
      data.length !== size(shape)
    ) {
      throw new RangeError(
        `${label(name)}: ${data.length} elements do not make ${dtype} [${shape}]`,
      );
    }
    const offsets = [end, end += data.byteLength];
    entries.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`,
    );
  }
  const text = new TextEncoder().encode(`{${entries.join(",")}}`);
  const headerLength = Math.ceil(text.length / 8) * 8;
  if (headerLength > MAX_HEADER) {
    throw new RangeError(`a header of ${headerLength} bytes, at most ${MAX_HEADER}`);
  }
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
 * Whether bytes begin as a safetensors file does: a header below 4 GiB, and its {.
 *
 * @example A file of no tensors, and one of another kind
 * ```ts
 * import { encodeSafetensors, isSafetensors } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isSafetensors(encodeSafetensors(new Map(), {})), true);
 * assertEquals(isSafetensors(new TextEncoder().encode("PK, a zip archive")), false);
 * ```
 */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes.subarray(4, 8).every((byte) => byte === 0);
}

/**
 * Reads a safetensors file. The arrays are views of `bytes` where they are aligned, row-major.
 *
 * @param source the name of the file, for errors
 * @returns the tensors by name, each with its shape such as [rows, columns], and the metadata
 * @throws DataError where anything breaks the format.
 *
 * @example What was written is read
 * ```ts
 * import { decodeSafetensors, encodeSafetensors } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = { dtype: "F32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
 * const bytes = encodeSafetensors(new Map([["features", rows]]), { split: "test" });
 * const { tensors, metadata } = decodeSafetensors(bytes, "features.safetensors");
 * assertEquals(tensors.get("features"), rows);
 * assertEquals(metadata, { split: "test" });
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array<ArrayBuffer>, source: string): Safetensors {
  const fail: Fail = (rule, got, cause) => {
    throw new DataError({
      act: `read ${source} as safetensors`,
      rule,
      // A value of the header may be any JSON, which String() may not take.
      got: typeof got === "object" && !(got instanceof Error) ? JSON.stringify(got) : got,
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
  if (!isTexts(metadata)) return fail("the metadata must be an object of strings", metadata);

  const data = bytes.subarray(8 + headerLength);
  const infos = [...entries].map(([name, entry]) => ({ name, ...readInfo(name, entry, fail) }));
  infos.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, NamedArray>();
  let at = 0;
  for (const { name, dtype, shape, begin, end } of infos) {
    if (begin !== at) {
      fail(`${label(name)} must begin where the one before it ends, at ${at}`, begin);
    }
    if (end > data.length) {
      fail(`${label(name)} must end within the ${data.length} bytes of data`, end);
    }
    tensors.set(name, { dtype, shape, data: toElements(dtype, data.subarray(begin, end)) });
    at = end;
  }
  if (at !== data.length) fail(`the tensors must cover all ${data.length} bytes of data`, at);
  return { tensors, metadata };
}

type Fail = (rule: string, got: unknown, cause?: unknown) => never;

function readHeader(bytes: Uint8Array, fail: Fail): Map<string, unknown> {
  if (bytes[0] !== 0x7b) fail("the header must begin with {", bytes[0] ?? "nothing");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // It begins with {, so it is an object.
    return new Map(Object.entries(parseStrictJson(text, MAX_DEPTH) as Record<string, unknown>));
  } catch (cause) {
    return fail("the header must be plain JSON in UTF-8", cause, cause);
  }
}

function readInfo(
  name: string,
  entry: unknown,
  fail: Fail,
): { dtype: Dtype; shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets, ...rest } = isRecord(entry) ? entry : {};
  const other = Object.keys(rest);
  const what = label(name);
  if (other.length > 0) fail(`${what} must have dtype, shape and data_offsets only`, other[0]);
  if (!isDtype(dtype)) {
    return fail(`the dtype of ${what} must be one of ${DTYPES.join(" ")}`, dtype);
  }
  if (!isCounts(shape)) return fail(`the shape of ${what} must be whole numbers`, shape);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    return fail(`the offsets of ${what} must be a beginning and an end`, offsets);
  }
  const [begin, end] = offsets;
  const expected = size(shape) * elementBytes(dtype);
  if (!Number.isSafeInteger(expected)) {
    fail(`the bytes of ${what} must be fewer than 2^53`, shape);
  }
  if (end - begin !== expected) {
    fail(`${what}, ${dtype} [${shape.slice(0, 9)}], must have ${expected} bytes`, end - begin);
  }
  return { dtype, shape, begin, end };
}

/** The number of elements; NaN where it, or a step on the way to it, is no exact number. */
function size(shape: readonly number[]): number {
  let product = 1;
  for (const n of shape) product = Number.isSafeInteger(product * n) ? product * n : NaN;
  return product;
}

/** A name for a message: plain where it is, else quoted, and not endless. */
const label = (name: string): string =>
  /^[\w.\-/]{1,100}$/.test(name) ? name : JSON.stringify(name.slice(0, 100));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is Record<string, string> =>
  isRecord(value) && Object.values(value).every((text) => typeof text === "string");

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

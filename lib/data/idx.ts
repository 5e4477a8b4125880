/**
 * Reading IDX, the format of MNIST and its kin: two zero bytes, one byte for the type (8 is
 * unsigned byte), one for the number of dimensions, each dimension as a big-endian 32-bit integer,
 * then the elements in row-major order.
 *
 * @module
 */
import { promisify } from "node:util";
import { constants, gunzip } from "node:zlib";
import { DataError } from "../errors.ts";
import { readFile, showBytes } from "../files.ts";

const UNSIGNED_BYTE = 8;
const gunzipAsync = promisify(gunzip);

/** Packed bytes that hold the header; they stand for 4 MiB at most. */
const HEAD = 4096;
/** The most bytes of an array: what fits one buffer everywhere. */
const MOST = 2 ** 31;

/** An array of unsigned bytes, row-major. */
export interface IdxArray {
  /** The dimensions, outermost first. */
  readonly shape: number[];
  /** The elements, as many as the product of `shape`. */
  readonly data: Uint8Array;
}

/**
 * Reads one IDX file of unsigned bytes, gzipped or not: the content decides, not the name. `path`
 * is a path, a `file:` URL, or any URL that `fetch` takes.
 *
 * Throws DataError where the file is missing, truncated, of another format, or damaged.
 */
export async function readIdx(path: string | URL): Promise<IdxArray> {
  const file = path instanceof URL && path.protocol === "file:"
    ? decodeURIComponent(path.pathname)
    : String(path);
  const raw = await readBytes(path, file);
  const gzipped = raw.length >= 2 && raw[0] === 0x1f && raw[1] === 0x8b;
  const bytes = gzipped ? await decompress(raw, file) : raw;
  const { shape, header, size } = readHeader(bytes, file);
  if (bytes.length !== size) throw wrongLength(file, String(size), bytes.length);
  return { shape, data: bytes.subarray(header) };
}

/** The dimensions, the bytes of the header, and the bytes of the whole file by what it says. */
function readHeader(
  bytes: Uint8Array,
  file: string,
): { shape: number[]; header: number; size: number } {
  const isIdx = bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 &&
    bytes[2] === UNSIGNED_BYTE && bytes[3] > 0;
  if (!isIdx) {
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0"));
    throw broken(
      file,
      "an IDX file of unsigned bytes must begin with the bytes 00 00 08 and its dimensions",
      start.join(" ") || "an empty file",
    );
  }
  const header = 4 + 4 * bytes[3];
  if (bytes.length < header) throw wrongLength(file, `at least ${header}`, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape = Array.from({ length: bytes[3] }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, size) => product * size, 1) + header;
  if (size > MOST) throw broken(file, `it must hold at most ${showBytes(MOST)}`, showBytes(size));
  return { shape, header, size };
}

/** No more is unpacked than the file's own header says: a few packed bytes may stand for very many. */
async function decompress(raw: Uint8Array, file: string): Promise<Uint8Array> {
  const finishFlush = constants.Z_SYNC_FLUSH;
  const start = await gunzipAsync(raw.subarray(0, HEAD), { finishFlush }).catch((cause) => {
    throw broken(file, "its gzip data must be whole", cause, cause);
  });
  const { size } = readHeader(start, file);
  try {
    return await gunzipAsync(raw, { maxOutputLength: size });
  } catch (cause) {
    if (cause instanceof RangeError) throw wrongLength(file, String(size), "more");
    // How much can still be read of a file that was cut.
    const part = await gunzipAsync(raw, { finishFlush, maxOutputLength: size }).catch(() => start);
    if (part.length < size) throw wrongLength(file, String(size), part.length);
    throw broken(file, "its gzip data must be whole", cause, cause);
  }
}

async function readBytes(path: string | URL, file: string): Promise<Uint8Array> {
  try {
    if (!(path instanceof URL) || path.protocol === "file:") {
      return await readFile(path);
    }
    const response = await fetch(path);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError({
      act: `read ${file}`,
      rule: "the file must exist and be readable",
      got: cause,
      next: "Check the path, or fetch the dataset again.",
      cause,
    });
  }
}

function wrongLength(file: string, expected: string, got: number | "more"): DataError {
  return broken(file, `it must have ${expected} bytes (uncompressed)`, `${got} bytes`);
}

function broken(file: string, rule: string, got: unknown, cause?: unknown): DataError {
  const next = "The file is truncated or damaged: delete it and fetch it again.";
  return new DataError({ act: `read ${file}`, rule, got, next, cause });
}

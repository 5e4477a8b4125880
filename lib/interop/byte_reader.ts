/**
 * Reading bytes in order, and never past their end.
 *
 * @module
 */

/** Throws a DataError about the file: the rule it breaks, what it has, and what to do next. */
export type Fail = (rule: string, got: unknown, next?: string) => never;

/** A place in bytes that moves on as they are read; numbers are little-endian. */
export class ByteReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #fail: Fail;
  /** Where the next byte is. */
  at: number;

  /** Begins at `at`; `fail` is called where there are too few bytes. */
  constructor(bytes: Uint8Array<ArrayBuffer>, fail: Fail, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
    this.at = at;
  }

  /** The next `length` bytes, as a view of the bytes that are read. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const from = this.#pass(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** An unsigned byte. */
  uint8(): number {
    return this.#view.getUint8(this.#pass(1));
  }

  /** An unsigned integer of two bytes. */
  uint16(): number {
    return this.#view.getUint16(this.#pass(2), true);
  }

  /** An unsigned integer of four bytes. */
  uint32(): number {
    return this.#view.getUint32(this.#pass(4), true);
  }

  /** A signed integer of four bytes. */
  int32(): number {
    return this.#view.getInt32(this.#pass(4), true);
  }

  /** An unsigned integer of eight bytes; where it is above 2⁵³ it is near, and too large anyway. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#pass(8), true));
  }

  /** A double of eight bytes, big-endian, as pickle has it. */
  float64(): number {
    return this.#view.getFloat64(this.#pass(8));
  }

  /** The bytes before the next line feed, which is passed too. */
  line(): Uint8Array<ArrayBuffer> {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) return this.#fail(`a line that begins at byte ${this.at} must end`, "the end");
    const line = this.take(end - this.at);
    this.at++;
    return line;
  }

  #pass(length: number): number {
    const left = this.#bytes.length - this.at;
    if (length > left) {
      this.#fail(`${length} bytes must follow at byte ${this.at}`, `${Math.max(0, left)}`);
    }
    this.at += length;
    return this.at - length;
  }
}

/** Bytes as UTF-8. */
export function readText(bytes: Uint8Array, fail: Fail): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail("its texts must be UTF-8", new TextDecoder().decode(bytes.subarray(0, 60)));
  }
}

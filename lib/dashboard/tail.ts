/**
 * A metrics log read as it grows.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { openFile } from "../files.ts";
import { type MetricsRecord, parseMetrics } from "../run/metrics.ts";

/** How far a log was read. */
export interface Position {
  /** Bytes, whole lines. */
  readonly offset: number;
  /** CRC-32 of the last of them, at most {@linkcode WINDOW}. */
  readonly check: number;
}

export interface News {
  /** Whether it is another log than before, so that what was read is void. */
  readonly reset: boolean;
  readonly records: readonly MetricsRecord[];
  /** How many lines since are no records. */
  readonly bad: number;
}

const START: Position = { offset: 0, check: 0 };

/** Bytes before a position that must be as they were; a line has its time in it, so none is twice. */
const WINDOW = 256;

const LINE_FEED = 10;

/**
 * Reads the lines of a log since the last time; one that is not yet whole waits. A log that was cut,
 * as of a run that is resumed, or written again is read from its start.
 */
export class Tail {
  #position: Position;

  /** Goes on after `position`, as where a reader was before. */
  constructor(position: Position = START) {
    this.#position = position;
  }

  /** How far it was read. */
  get position(): Position {
    return this.#position;
  }

  /** Reads on in the file at `path`; undefined where there is none. */
  async read(path: string | undefined): Promise<News> {
    const before = this.#position;
    const window = Math.min(before.offset, WINDOW);
    const bytes = path === undefined ? undefined : await readFrom(path, before.offset - window);
    const same = bytes !== undefined && bytes.length >= window &&
      crc32(bytes.subarray(0, window)) === before.check;
    if (bytes !== undefined && same) {
      return { reset: false, ...this.#take(bytes, window) };
    }
    this.#position = START;
    const whole = path === undefined ? undefined : await readFrom(path, 0);
    return { reset: before.offset > 0, ...this.#take(whole ?? new Uint8Array(), 0) };
  }

  /** The whole lines of `bytes` from `start`, where the position is. */
  #take(bytes: Uint8Array, start: number): Omit<News, "reset"> {
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end <= start) return { records: [], bad: 0 };
    this.#position = {
      offset: this.#position.offset + end - start,
      check: crc32(bytes.subarray(Math.max(0, end - WINDOW), end)),
    };
    const { records, bad } = parseMetrics(new TextDecoder().decode(bytes.subarray(start, end)));
    return { records, bad: bad.length };
  }
}

/** The bytes of a file from `offset`; undefined where it cannot be read. */
async function readFrom(path: string, offset: number): Promise<Uint8Array | undefined> {
  try {
    using file = openFile(path);
    await file.seek(offset, Deno.SeekMode.Start);
    return new Uint8Array(await new Response(file.readable).arrayBuffer());
  } catch {
    return undefined;
  }
}

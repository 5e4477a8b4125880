/**
 * Checkpoints: all of a run's state in one safetensors file.
 *
 * Tensors: `encoder.*` and `head.*` (weights and running statistics), `objective.*` (its
 * variables), `optimizer.*` (its moments), `log.losses` (losses of steps not logged yet). Metadata:
 * the format, the counters, what the caller adds (what a resumed run must agree with), and the
 * SHA-256 of it all.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { DataError } from "../errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type NamedArray,
  type Safetensors,
} from "../interop/safetensors.ts";
import { readFile } from "../files.ts";
import { listCheckpoints } from "../run/run_folder.ts";

/** The value of the metadata's `format`. */
export const CHECKPOINT_FORMAT = "tauplus-checkpoint-1";

/** How far a run is. */
export interface Counters {
  /** Epochs done. */
  epoch: number;
  /** Steps done of the epoch after them; all of its steps where only the evaluation is left. */
  stepInEpoch: number;
  /** Steps done since the start. */
  step: number;
  /** Seconds spent on steps: not on evaluations, on saving or on tuning. */
  seconds: number;
}

export interface Checkpoint {
  /** How far the run was. */
  readonly counters: Counters;
  /** All state, by name. */
  readonly tensors: ReadonlyMap<string, NamedArray>;
  /** What the caller added, and what {@linkcode encodeCheckpoint} did. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a checkpoint file. */
export function encodeCheckpoint({ counters, tensors, metadata }: Checkpoint): Uint8Array {
  const all: Record<string, string> = { ...metadata, format: CHECKPOINT_FORMAT };
  for (const [name, value] of Object.entries(counters)) all[name] = String(value);
  delete all.sha256;
  return encodeSafetensors(tensors, { ...all, sha256: digest(tensors, all) });
}

/** A checkpoint whose bytes are not those that were written: an older one may be whole. */
export class DamagedCheckpoint extends DataError {}

/**
 * Reads a checkpoint file to resume from. Throws a DamagedCheckpoint where it is damaged, another
 * DataError where it cannot be read or is no checkpoint of this version.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const problem = (got: unknown, cause?: unknown) => ({
    act: `resume from ${path}`,
    rule: "it must be a whole checkpoint as tauplus wrote it",
    got,
    next: "There is no older one that is whole: delete the run and train again.",
    cause,
  });
  let file: Safetensors;
  try {
    file = await readVerified(path);
  } catch (cause) {
    throw cause instanceof DamagedCheckpoint ? new DamagedCheckpoint(problem(cause, cause)) : cause;
  }
  const { tensors, metadata } = file;
  if (metadata.format !== CHECKPOINT_FORMAT) {
    throw new DataError(problem(`the format ${metadata.format}`));
  }
  const counter = (name: string) => {
    const value = Number(metadata[name] ?? NaN);
    if (!(value >= 0)) throw new DataError(problem(`${name} = ${metadata[name]}`));
    return value;
  };
  return {
    counters: {
      epoch: counter("epoch"),
      stepInEpoch: counter("stepInEpoch"),
      step: counter("step"),
      seconds: counter("seconds"),
    },
    tensors,
    metadata,
  };
}

/**
 * Reads a safetensors file; where its metadata has a `sha256`, as that of a checkpoint must,
 * verifies it. Throws a DamagedCheckpoint where it is damaged, another DataError where it cannot be
 * read.
 */
export async function readVerified(path: string): Promise<Safetensors> {
  const bytes = await readBytes(path);
  try {
    return verified(bytes, path);
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DamagedCheckpoint({ fault: cause.fault, next: cause.next, cause });
  }
}

/**
 * The newest checkpoint of a run that is whole, none if the run has no checkpoint, and the paths of
 * newer ones, which are damaged. Throws a DamagedCheckpoint if all are.
 *
 * @param read throws a DamagedCheckpoint where it is damaged
 */
export async function newestWhole<T>(
  run: string,
  read: (path: string) => Promise<T>,
): Promise<{ readonly whole?: T & { readonly path: string }; readonly damaged: string[] }> {
  const damaged: string[] = [];
  let first: DamagedCheckpoint | undefined;
  for (const { path } of await listCheckpoints(run)) {
    try {
      return { whole: { ...await read(path), path }, damaged };
    } catch (error) {
      if (!(error instanceof DamagedCheckpoint)) throw error;
      first ??= error;
      damaged.push(path);
    }
  }
  if (first) throw first;
  return { damaged };
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new DataError({
      act: `read ${path}`,
      rule: "it must be a readable file",
      got: cause,
      next: "Name a .safetensors or .pth file.",
      cause,
    });
  }
}

function verified(bytes: Uint8Array<ArrayBuffer>, path: string): Safetensors {
  const file = decodeSafetensors(bytes, path);
  const { sha256, ...rest } = file.metadata;
  if (sha256 === undefined && rest.format !== CHECKPOINT_FORMAT) return file;
  const got = digest(file.tensors, rest);
  if (got === sha256) return file;
  throw new DataError({
    act: `read ${path}`,
    rule: `its contents must have the SHA-256 ${sha256 ?? "in its metadata"}`,
    got,
    next: "The file is damaged; use another checkpoint.",
  });
}

/** SHA-256 of metadata and tensors by rising name, whatever the layout of the file. */
function digest(
  tensors: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>>,
): string {
  const hash = createHash("sha256");
  const byName = ([a]: [string, unknown], [b]: [string, unknown]) => a < b ? -1 : 1;
  hash.update(JSON.stringify(Object.entries(metadata).sort(byName)));
  for (const [name, { dtype, shape, data }] of [...tensors].sort(byName)) {
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

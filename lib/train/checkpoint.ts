/**
 * Checkpoints: all of a run's state in one safetensors file.
 *
 * Tensors: `encoder.*` and `head.*` (weights and running statistics), `objective.*` (its
 * variables), `optimizer.*` (its moments), `log.losses` (losses of steps not logged yet). Metadata:
 * the format, the counters, what the caller adds (the order of the data), and the SHA-256 of it all.
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

/** A checkpoint in memory. */
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

/**
 * Reads a checkpoint file to resume from. Throws a DataError where it is damaged or no checkpoint;
 * the remedy is `older`, the checkpoint before it, where there is one.
 */
export async function readCheckpoint(path: string, older?: string): Promise<Checkpoint> {
  const damaged = (got: unknown, cause?: unknown) =>
    new DataError({
      act: `resume from ${path}`,
      rule: "it must be a whole checkpoint as tauplus wrote it",
      got,
      next: older === undefined
        ? "There is no older one: delete the run and train again."
        : `Delete it to resume from ${older}.`,
      cause,
    });
  let file: Safetensors;
  try {
    file = await readVerified(path);
  } catch (cause) {
    throw cause instanceof DataError ? damaged(cause, cause) : cause;
  }
  const { tensors, metadata } = file;
  if (metadata.format !== CHECKPOINT_FORMAT) throw damaged(`the format ${metadata.format}`);
  const counter = (name: string) => {
    const value = Number(metadata[name] ?? NaN);
    if (!(value >= 0)) throw damaged(`${name} = ${metadata[name]}`);
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
 * verifies it. Throws a DataError where the file is missing or damaged.
 */
export async function readVerified(path: string): Promise<Safetensors> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await Deno.readFile(path);
  } catch (cause) {
    throw new DataError({
      act: `read ${path}`,
      rule: "it must be a file that can be read",
      got: cause,
      next: "Name a .safetensors or .pth file.",
      cause,
    });
  }
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

/**
 * Where files are kept: whether there is room, and whether the datasets are as published.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { SourceEnv } from "../data/source.ts";
import {
  type FileState,
  type FileStatus,
  sourceStatus,
  verifySource,
} from "../data/source_status.ts";
import type { Registry } from "../registry.ts";
import type { Finding } from "./diagnose.ts";

/** Room for checkpoints of the quickstart, measurements and a small dataset. */
const LEAST_ROOM = 1e9;

export interface Folder {
  /** What is kept there. */
  readonly name: "cache" | "runs";
  /** Where it is, or would be. */
  readonly path: string;
  /** Free bytes on its disk; null where that is unknown. */
  readonly free: number | null;
  /** Why it cannot be written; else null. */
  readonly problem: string | null;
}

export interface DatasetFiles {
  readonly name: string;
  /** The worst state of its files. */
  readonly state: FileState;
  /** Whether the bytes were read, and not only counted. */
  readonly verified: boolean;
  readonly bytes: number;
  /** The files that are neither missing nor right. */
  readonly wrong: readonly FileStatus[];
}

/** Looks at a folder, or where it would be made, by writing an empty file. */
export async function inspectFolder(name: Folder["name"], path: string): Promise<Folder> {
  const whole = resolve(path);
  const there = await nearest(whole);
  let free: number | null = null, problem: string | null = null;
  try {
    const { bavail, bsize } = await statfs(there);
    free = bavail * bsize;
    await Deno.remove(await Deno.makeTempFile({ dir: there, prefix: ".tauplus-doctor-" }));
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  return { name, path: whole, free, problem };
}

/** The folder, or of those above it the first that is there. */
async function nearest(path: string): Promise<string> {
  for (let folder = path;; folder = dirname(folder)) {
    const there = await Deno.stat(folder).then(() => true, () => false);
    if (there || folder === dirname(folder)) return folder;
  }
}

/** Worst first. */
const STATES: readonly FileState[] = [
  "wrong bytes",
  "wrong size",
  "partial",
  "missing",
  "present",
  "right",
  "packaged",
];

/**
 * Looks at the files of every dataset that has some.
 *
 * @param read whether the bytes of those that are all there are checked as well
 */
export async function inspectDatasets(
  registry: Registry,
  env: SourceEnv,
  read: boolean,
): Promise<DatasetFiles[]> {
  const found: DatasetFiles[] = [];
  for (const name of registry.names("dataset")) {
    const { source } = await registry.get("dataset", name);
    if (!source) continue;
    let files = await sourceStatus(source, env);
    const whole = files.every(({ state }) => state === "present");
    if (whole && read) files = await verifySource(source, env);
    env.signal.throwIfAborted();
    const wrong = files.filter(({ state }) => STATES.indexOf(state) < STATES.indexOf("missing"));
    found.push({
      name,
      state: STATES.find((state) => files.some((file) => file.state === state)) ?? "missing",
      verified: whole && read,
      bytes: files.reduce((sum, { expected }) => sum + expected, 0),
      wrong,
    });
  }
  return found;
}

/** Folders that cannot be written or are nearly full, and datasets with damaged files. */
export function checkStorage(
  folders: readonly Folder[],
  datasets: readonly DatasetFiles[],
): Finding[] {
  const findings: Finding[] = [];
  for (const { name, path, free, problem } of folders) {
    const elsewhere = name === "cache"
      ? "set TAUPLUS_CACHE to a folder elsewhere"
      : "give train another --out";
    if (problem !== null) {
      findings.push({
        level: "error",
        about: name,
        what: `The folder of the ${name}, ${path}, cannot be written: ${problem}.`,
        next: [`Mend its permissions, or ${elsewhere}.`],
      });
    } else if (free !== null && free < LEAST_ROOM) {
      findings.push({
        level: "error",
        about: name,
        what: `The disk of the ${name}, ${path}, has only ${(free / 1e6).toFixed(0)} MB free.`,
        next: [`Free some room, or ${elsewhere}.`],
      });
    }
  }
  for (const { name, wrong } of datasets) {
    for (const { path, state, bytes, expected } of wrong) {
      findings.push(
        state === "partial"
          ? {
            level: "warning",
            about: name,
            what: `The download of ${path} is not finished: ${bytes} of ${expected} bytes.`,
            next: [`Go on with it: \`deno task data fetch ${name}\`.`],
          }
          : {
            level: "error",
            about: name,
            what: `The file ${path} of ${name} is not as published: ${state}.`,
            next: [`Delete it, and run \`deno task data fetch ${name}\`.`],
          },
      );
    }
  }
  return findings;
}

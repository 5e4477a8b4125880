/**
 * What of a dataset is on this machine, and whether it is right.
 *
 * @module
 */
import { join } from "node:path";
import { fileMatches } from "./checksum.ts";
import { sizeOf } from "../files.ts";
import {
  type DatasetSource,
  type KnownFile,
  type SourceEnv,
  sourceFolder,
  type SourceOptions,
} from "./source.ts";

/**
 * - `missing`: not there
 * - `partial`: a download was begun, and will be continued
 * - `present`: there in the right size; its bytes were not looked at
 * - `right`: there with the published checksum
 * - `wrong size`, `wrong bytes`: there, but not as published
 * - `packaged`: put there by a package of the operating system, which may compress it otherwise than
 *   its publisher; the package manager can verify it
 */
export type FileState =
  | "missing"
  | "partial"
  | "present"
  | "right"
  | "wrong size"
  | "wrong bytes"
  | "packaged";

export interface FileStatus {
  readonly name: string;
  /** The absolute path, where it is or would be. */
  readonly path: string;
  readonly state: FileState;
  readonly bytes: number;
  /** The size in bytes that it should have. */
  readonly expected: number;
}

/** How the files of a source are, by their sizes alone: quick. */
export function sourceStatus(
  source: DatasetSource,
  env: SourceEnv,
  options: SourceOptions = {},
): Promise<FileStatus[]> {
  return statusOf(source, env, options, () => Promise.resolve("present"));
}

/** How the files of a source are, by sizes and checksums: reads all of every file. */
export function verifySource(
  source: DatasetSource,
  env: SourceEnv,
  options: SourceOptions = {},
): Promise<FileStatus[]> {
  return statusOf(source, env, options, async ({ name, bytes, checksum }, path) => {
    const report = (done: number) =>
      env.progress({ task: `verifying ${name}`, done, total: bytes, unit: "B" });
    return await fileMatches(path, checksum, env.signal, report) ? "right" : "wrong bytes";
  });
}

/** The status of the files; where no member of an archive is present, that of the archive. */
async function statusOf(
  source: DatasetSource,
  env: SourceEnv,
  options: SourceOptions,
  check: (file: KnownFile, path: string) => Promise<FileState>,
): Promise<FileStatus[]> {
  const folder = await sourceFolder(source, env, options);
  const packaged = !options.dataDir && source.installed?.includes(folder);
  const one = async (file: KnownFile): Promise<FileStatus> => {
    const path = join(folder, file.name);
    const size = await sizeOf(path);
    const bytes = size ?? await sizeOf(`${path}.part`);
    const state = size === undefined
      ? (bytes === undefined ? "missing" : "partial")
      : packaged
      ? "packaged"
      : size !== file.bytes
      ? "wrong size"
      : await check(file, path);
    return { name: file.name, path, state, bytes: bytes ?? 0, expected: file.bytes };
  };
  const statuses: FileStatus[] = [];
  for (const file of source.files) {
    const members: FileStatus[] = [];
    for (const member of file.members ?? []) members.push(await one(member));
    const unpacked = members.some(({ state }) => state !== "missing");
    statuses.push(...unpacked ? members : [await one(file)]);
  }
  return statuses;
}

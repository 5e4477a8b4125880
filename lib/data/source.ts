/**
 * Where a dataset comes from, declared as data, and fetching it. Light to load: what downloads and
 * unpacks is imported on use. With the options that every dataset has that is downloaded.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../errors.ts";
import type { BaseEnv } from "../plugin.ts";
import { type Checksum, fileMatches } from "./checksum.ts";
import { withLock } from "../run/lock.ts";
import { exists, fileProblem, showBytes, sizeOf } from "../files.ts";
import { facts } from "../facts.ts";

/** A file with its official size and checksum. */
export interface KnownFile {
  /** The name, with `/` between folders. */
  readonly name: string;
  /** The size. */
  readonly bytes: number;
  /** The checksum, as the publisher or another public source states it. */
  readonly checksum: Checksum;
}

/** A file to download. */
export interface SourceFile extends KnownFile {
  /** Where it is published. */
  readonly url: string;
  /** Where it is a gzipped tar archive: the files to take out of it, named as in the archive. */
  readonly members?: readonly KnownFile[];
}

/** Where a dataset comes from. A plugin that declares it can be listed, fetched and verified. */
export interface DatasetSource {
  /** The folder of the files inside the cache folder; usually the plugin's name. */
  readonly folder: string;
  /** A page about the dataset. */
  readonly homepage: string;
  /** The license or terms of use, in a few words. */
  readonly license: string;
  /** The files. */
  readonly files: readonly SourceFile[];
  /** Folders where packages of the operating system put all the files. */
  readonly installed?: readonly string[];
}

/** Where a user wants the files from, and where to. Empty texts are as good as none. */
export interface SourceOptions {
  /** A folder for the files in place of the one in the cache. */
  readonly dataDir?: string;
  /** The address of a folder that has all the files, in place of their publishers. */
  readonly mirror?: string;
}

/** What fetching and verifying need of {@linkcode BaseEnv}. */
export type SourceEnv = Pick<BaseEnv, "cache" | "progress" | "signal">;

/**
 * The folder of the source's files: `dataDir`, else a package's where it has all of them, else one
 * in the cache.
 *
 * @throws DataError where a package's folder cannot be read.
 *
 * @example Two places
 * ```ts
 * import { sourceFolder } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const source = { folder: "tiny", homepage: "https://example.org", license: "CC0", files: [] };
 * assertEquals(await sourceFolder(source, { cache: "/cache" }), "/cache/tiny");
 * assertEquals(await sourceFolder(source, { cache: "/cache" }, { dataDir: "/mine" }), "/mine");
 * ```
 */
export async function sourceFolder(
  source: DatasetSource,
  env: Pick<SourceEnv, "cache">,
  { dataDir }: SourceOptions = {},
): Promise<string> {
  if (dataDir) return resolve(dataDir);
  for (const folder of source.installed ?? []) {
    if (await allExist(folder, readable(source))) return folder;
  }
  return join(env.cache, source.folder);
}

/**
 * The files that a dataset reads, with their sizes in bytes: members in place of their archives.
 *
 * @example An archive of one file
 * ```ts
 * import { type DatasetSource, type KnownFile, readable } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const member: KnownFile = { name: "tiny/train.bin", bytes: 300, checksum: "md5:0123" };
 * const url = "https://example.org/tiny.tar.gz";
 * const source: DatasetSource = {
 *   folder: "tiny",
 *   homepage: "https://example.org",
 *   license: "CC0",
 *   files: [{ name: "tiny.tar.gz", url, bytes: 200, checksum: "md5:4567", members: [member] }],
 * };
 * assertEquals(readable(source), [member]);
 * ```
 */
export function readable(source: DatasetSource): KnownFile[] {
  return source.files.flatMap((file): readonly KnownFile[] => file.members ?? [file]);
}

/**
 * Downloads and unpacks what is missing, and returns the folder of the files. Files that are there
 * are left alone and not hashed (see `verifySource`), except an archive that is yet to be unpacked.
 * An archive downloaded here is deleted once it is unpacked; one placed by hand is kept. Of two
 * processes that want the same files, one waits for the other.
 *
 * @throws DataError where a file cannot be had whole and right; what has arrived is continued by
 * the next call.
 *
 * @example A file of three bytes, from a mirror
 * ```ts
 * import { type DatasetSource, fetchSource } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const server = Deno.serve({ port: 0, onListen: () => {} }, () => new Response("abc"));
 * const source: DatasetSource = {
 *   folder: "tiny",
 *   homepage: "https://example.org",
 *   license: "CC0",
 *   files: [{
 *     name: "tiny.bin",
 *     url: "https://example.org/tiny.bin",
 *     bytes: 3,
 *     checksum: "md5:900150983cd24fb0d6963f7d28e17f72",
 *   }],
 * };
 * const env = {
 *   cache: await Deno.makeTempDir(),
 *   progress: () => {},
 *   signal: new AbortController().signal,
 * };
 * const folder = await fetchSource(source, env, { mirror: `http://127.0.0.1:${server.addr.port}` });
 * assertEquals(await Deno.readTextFile(`${folder}/tiny.bin`), "abc");
 * await server.shutdown();
 * ```
 */
export async function fetchSource(
  source: DatasetSource,
  env: SourceEnv,
  options: SourceOptions = {},
): Promise<string> {
  const folder = await sourceFolder(source, env, options);
  if (await allExist(folder, readable(source))) return folder;
  const fetchAll = async () => {
    for (const file of source.files) await fetchFile(file, folder, env, options.mirror);
  };
  const waiting = () =>
    env.progress({ task: `waiting for ${folder}`, done: 0, total: 0, unit: "B" });
  try {
    await Deno.mkdir(folder, { recursive: true });
    await withLock(join(folder, ".lock"), fetchAll, waiting, env.signal);
  } catch (error) {
    env.signal.throwIfAborted();
    throw fileProblem(`fetch ${source.folder}`, folder, error);
  }
  return folder;
}

async function fetchFile(
  file: SourceFile,
  folder: string,
  env: SourceEnv,
  mirror?: string,
): Promise<void> {
  const { name, bytes, checksum, members } = file;
  const { signal } = env;
  if (await allExist(folder, members ?? [file])) return;
  const path = join(folder, name);
  const report = (verb: string) => (done: number) =>
    env.progress({ task: `${verb} ${name}`, done, total: bytes, unit: "B" });

  const placed = await exists(path);
  if (placed) {
    await checkPlaced(file, path, report("checking"), signal);
  } else {
    const { download } = await import("./download.ts");
    const url = mirror ? `${mirror.replace(/\/+$/, "")}/${name}` : file.url;
    await download(url, path, { bytes, checksum, progress: report("downloading"), signal });
  }
  if (!members) return;
  const { unpack } = await import("./archive.ts");
  await unpack(path, folder, { members, progress: report("unpacking"), signal });
  if (!placed) await Deno.remove(path);
}

/** Throws DataError where an archive placed by hand is not the published one. */
async function checkPlaced(
  { name, bytes, checksum, url }: SourceFile,
  path: string,
  report: (done: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const size = await sizeOf(path);
  if (size === bytes && await fileMatches(path, checksum, signal, report)) return;
  throw new DataError({
    act: `unpack ${name}`,
    rule: `${path} must have ${showBytes(bytes)} with the checksum ${checksum}`,
    got: size === bytes ? "other bytes" : showBytes(size ?? 0),
    next: `Delete it to have it downloaded, or place the file of ${url} there.`,
  });
}

async function allExist(folder: string, files: readonly KnownFile[]): Promise<boolean> {
  for (const { name } of files) {
    if (!await exists(join(folder, name))) return false;
  }
  return true;
}

/** To be spread into the options of a dataset with a `source`. */
export const sourceOptions: {
  readonly dataDir: z.ZodDefault<z.ZodString>;
  readonly mirror: z.ZodDefault<z.ZodString>;
} = {
  dataDir: z.string().default("")
    .describe("folder of the dataset's files, as placed by hand; empty: one in the cache")
    .meta({ ...facts("input", { resume: "free" }), path: true, format: "directory-path" }),
  mirror: z.string()
    .refine((url) => url === "" || /^https?:\/\/./.test(url), "it must be an http or https address")
    .default("").describe("address of a folder to download the files from; empty: their publisher")
    .meta(facts("input", { resume: "free" })),
};

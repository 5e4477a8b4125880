/**
 * What a command writes where a person says: whole or not at all; no file of a run is replaced but by
 * what made it, and no folder but an earlier one of the same kind.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { readFile, writeAtomic, writeError } from "../files.ts";
import { decodeSafetensors, isSafetensors, type Safetensors } from "../interop/safetensors.ts";

/**
 * Throws a UsageError where a file may not be written to `path`: a folder is there; or the file that
 * the command reads; or, within a run's folder or below it, a file that the command did not make.
 *
 * @param flag of the command that names the path, as `--file`
 * @param isOwn whether the bytes of a file are what the command writes
 * @param source the file that the command reads, where it reads one
 */
export async function checkReplaceable(
  path: string,
  flag: string,
  isOwn: (bytes: Uint8Array<ArrayBuffer>) => boolean,
  source?: string,
): Promise<void> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info) return;
  const act = `write ${path}`;
  if (info.isDirectory) throw inUse(act, flag, "it must be a file", "a folder");
  if (source !== undefined && await Deno.realPath(path) === await Deno.realPath(source)) {
    throw inUse(act, flag, "it must not replace the weights that are read", source);
  }
  const run = await runAround(path);
  if (run === undefined || isOwn(await readFile(path))) return;
  const rule = `of the run ${run} no file is replaced but what this command made`;
  throw inUse(act, flag, rule, basename(path));
}

/** What a command makes a folder of. */
interface FolderKind {
  /** What the command does, as `write out`. */
  readonly act: string;
  /** The flag that names the path, as `--to`. */
  readonly flag: string;
  /** What the folder is, as `report`. */
  readonly what: string;
  /** The name of a file that shows that a folder is none of these; undefined where it is one. */
  readonly foreign: (names: readonly string[]) => string | undefined;
}

/** Throws a UsageError where a folder may not be written to `path`: it is in use for something else. */
export async function checkReplaceableFolder(
  path: string,
  { act, flag, what, foreign }: FolderKind,
): Promise<void> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info) return;
  if (!info.isDirectory) throw inUse(act, flag, "it must be a folder", "a file");
  const names = [...Deno.readDirSync(path)].map(({ name }) => name);
  const other = names.length > 0 ? foreign(names) : undefined;
  if (other === undefined) return;
  throw inUse(act, flag, `the folder must be empty, or an earlier ${what}`, other);
}

function inUse(act: string, flag: string, rule: string, got: string): UsageError {
  return new UsageError({ act, rule, got, next: `Give another ${flag}, or move what is there.` });
}

/** One file, or the files of a folder by name. */
export type OutputContents = Uint8Array | ReadonlyMap<string, Uint8Array | string>;

/**
 * Writes a file, or a folder under another name that takes its place when it is whole. Throws a
 * DataError where that fails, and leaves what was there.
 *
 * @returns whether there was an earlier one
 */
export async function writeOutput(path: string, contents: OutputContents): Promise<boolean> {
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (contents instanceof Uint8Array) {
    await writeAtomic(path, contents);
    return exists;
  }
  const beside = (what: string) => join(dirname(path), `.${basename(path)}.${Deno.pid}.${what}`);
  const [folder, old] = [beside("new"), beside("old")];
  try {
    await Deno.mkdir(folder);
    for (const [name, data] of contents) await writeAtomic(join(folder, name), data);
    if (exists) await Deno.rename(path, old);
    await Deno.rename(folder, path);
  } catch (cause) {
    if (exists) await Deno.rename(old, path).catch(() => {});
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    throw writeError(path, cause);
  }
  if (exists) await Deno.remove(old, { recursive: true });
  return exists;
}

/** A safetensors file in memory; undefined where the bytes are none that is whole. */
export function asSafetensors(bytes: Uint8Array<ArrayBuffer>): Safetensors | undefined {
  try {
    return isSafetensors(bytes) ? decodeSafetensors(bytes, "it") : undefined;
  } catch {
    return undefined;
  }
}

/** The run in whose folder, or below it, a file is. */
async function runAround(path: string): Promise<string | undefined> {
  let folder = await Deno.realPath(dirname(resolve(path)));
  for (;;) {
    if (await isRun(folder)) return folder;
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
}

/** Other programs keep a config.json too, but no log or checkpoint of tauplus beside it. */
async function isRun(folder: string): Promise<boolean> {
  const config = await Deno.stat(join(folder, "config.json")).catch(() => undefined);
  if (!config?.isFile) return false;
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  return names.some((name) => /^(metrics\.jsonl|checkpoint-\d.*\.safetensors)$/.test(name));
}

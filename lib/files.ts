/**
 * Files: written whole or not at all, looked at, JSON in them, and their failures as DataErrors.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { statfs } from "node:fs/promises";
import type { ParseError } from "jsonc-parser";
import { DataError } from "./errors.ts";

/** What the names of unfinished files end with. */
export const UNFINISHED = ".unfinished";

const FREE_ROOM =
  "Free some room, or use a folder on another disk, and run the same command again.";

/**
 * Writes a file under a temporary name, syncs it, renames it and syncs the folder, so that `path`
 * has the old contents or the new ones whatever happens. Throws a DataError where that fails, as on
 * a full disk, and leaves nothing behind.
 *
 * @param next what the error advises
 */
export async function writeAtomic(
  path: string,
  contents: Uint8Array | string,
  next?: string,
): Promise<void> {
  const folder = dirname(path);
  const unfinished = join(folder, `.${basename(path)}.${Deno.pid}${UNFINISHED}`);
  try {
    const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
    using file = await Deno.open(unfinished, { write: true, create: true, truncate: true });
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
    await Deno.rename(unfinished, path);
    await syncFolder(folder);
  } catch (cause) {
    await Deno.remove(unfinished).catch(() => {});
    throw writeError(path, cause, next);
  }
}

/** What failed: for want of room, or because it is not allowed or not to be had. */
function failure(act: string, path: string, cause: unknown, next?: string): DataError {
  const full = cause instanceof Error && ("code" in cause && cause.code === "ENOSPC" ||
    /quota exceeded|file too large/i.test(cause.message));
  const rule = full
    ? `the disk of ${path} must have room`
    : `${path} must be readable and writable`;
  const advice = full
    ? FREE_ROOM
    : "Check the path and its permissions, and run the same command again.";
  return new DataError({ act, rule, got: cause, next: next ?? advice, cause });
}

/** The error of a write that failed; `next` says what to do, where it is not to run the command again. */
export function writeError(path: string, cause: unknown, next?: string): DataError {
  const act = `write ${path}`;
  if (cause instanceof Deno.errors.NotFound) {
    return new DataError({
      act,
      rule: `the folder ${dirname(path)} must exist`,
      next: "Make it or choose another one, then run the command again.",
      cause,
    });
  }
  return failure(act, path, cause, next);
}

/** Makes a rename in `folder` last; Windows has no such act. */
async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder);
  await handle.sync();
}

/** The DataError for a failed read or write of `path`; a TauplusError passes through unchanged. */
export function fileProblem(act: string, path: string, cause: unknown): unknown {
  if (cause instanceof DataError || !(cause instanceof Error)) return cause;
  return cause.name === "AbortError" ? cause : failure(act, path, cause);
}

/** Throws DataError where the disk of `folder` has less than `bytes` free, before any is written. */
export async function checkRoom(act: string, folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new DataError({
    act,
    rule: `the disk of ${folder} must have ${showBytes(bytes)} free`,
    got: showBytes(free),
    next: FREE_ROOM,
  });
}

/**
 * Throws DataError where there is something else than a file at `path`: a read of a pipe or a device
 * may never end.
 */
function checkIsFile(path: string | URL): void {
  if (Deno.statSync(path).isFile) return;
  throw new DataError({
    act: `read ${path}`,
    rule: "it must be a file",
    got: "a folder, a pipe or a device",
    next: "Name a file.",
  });
}

/**
 * The bytes of a file. All that reads a file of a run, of a dataset or of a plugin comes through here,
 * as such a folder may be a stranger's. Throws what Deno does, and DataError for a pipe or a device.
 */
export async function readFile(path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  checkIsFile(path);
  return await Deno.readFile(path);
}

/** Opens a file to read it in parts; throws as {@linkcode readFile} does. */
export function openFile(path: string): Deno.FsFile {
  checkIsFile(path);
  return Deno.openSync(path);
}

/** The text of a file, read by {@linkcode readFile}. */
export async function readText(path: string | URL): Promise<string> {
  return new TextDecoder().decode(await readFile(path));
}

/** 26421880 → `26,421,880 bytes`. */
export function showBytes(bytes: number): string {
  return `${bytes.toLocaleString("en-US")} bytes`;
}

/** Whether there is anything at `path`. */
export async function exists(path: string): Promise<boolean> {
  return await sizeOf(path) !== undefined;
}

/** The size of the file at `path` in bytes, undefined where there is nothing. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return undefined;
    throw fileProblem(`look at ${path}`, path, error);
  }
}

/** A value as the text of a JSON file: indented by two, with a last newline. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

/**
 * Parses a JSON file of any of the encodings that editors and shells on Windows write: UTF-8 with or
 * without a byte order mark, or UTF-16.
 *
 * @throws SyntaxError that says where it is wrong: `line 3, column 5: comma expected`
 */
export async function parseJson(bytes: Uint8Array): Promise<unknown> {
  const [a, b] = bytes;
  const encoding = a === 0xff && b === 0xfe
    ? "utf-16le"
    : a === 0xfe && b === 0xff
    ? "utf-16be"
    : "utf-8";
  const text = new TextDecoder(encoding).decode(bytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { parse, printParseErrorCode } = await import("jsonc-parser");
    const errors: ParseError[] = [];
    // Of brackets in brackets in brackets the parsers run out of stack.
    if (cause instanceof RangeError) throw new SyntaxError("it is nested too deeply", { cause });
    parse(text, errors, { disallowComments: true });
    if (errors.length === 0) throw cause;
    const [{ error, offset }] = errors;
    const before = text.slice(0, offset).split("\n");
    const what = printParseErrorCode(error).replace(/\B[A-Z]/g, (letter) => ` ${letter}`);
    throw new SyntaxError(
      `line ${before.length}, column ${before.at(-1)!.length + 1}: ${what.toLowerCase()}`,
      { cause },
    );
  }
}

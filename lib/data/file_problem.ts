/**
 * Failures of the file system, said as DataErrors.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { DataError } from "../errors.ts";

/** The DataError for a failed read or write of `path`; a TauplusError passes through unchanged. */
export function fileProblem(act: string, path: string, cause: unknown): unknown {
  if (cause instanceof DataError || !(cause instanceof Error)) return cause;
  if (cause.name === "AbortError") return cause;
  const full = "code" in cause && cause.code === "ENOSPC" ||
    /quota exceeded|file too large/i.test(cause.message);
  if (full) {
    return new DataError({
      act,
      rule: `the disk of ${path} must have room`,
      got: cause,
      next: "Free some room, or use a folder on another disk, and run the same command again.",
      cause,
    });
  }
  return new DataError({
    act,
    rule: `${path} must be readable and writable`,
    got: cause,
    next: "Check the path and its permissions, and run the same command again.",
    cause,
  });
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
    next: "Free some room, or use a folder on another disk, and run the same command again.",
  });
}

/**
 * Throws DataError where there is something else than a file at `path`: a read of a pipe or a device
 * may never end.
 */
export function checkIsFile(act: string, path: string | URL): void {
  if (Deno.statSync(path).isFile) return;
  throw new DataError({
    act,
    rule: "it must be a file",
    got: "a folder, a pipe or a device",
    next: "Name a file.",
  });
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

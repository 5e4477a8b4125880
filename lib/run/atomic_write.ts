/**
 * Files that exist whole or not at all.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { DataError } from "../errors.ts";

/** What the names of unfinished files end with. */
export const UNFINISHED = ".unfinished";

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
  return new DataError({
    act,
    rule: "the disk must have space and the folder must be writable",
    got: cause,
    next: next ?? "Free some space or choose another folder, then run the command again.",
    cause,
  });
}

/** Makes a rename in `folder` last; Windows has no such act. */
async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder);
  await handle.sync();
}

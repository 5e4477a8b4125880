/**
 * Checksums of files, as their publishers state them.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { openFile } from "../files.ts";

/** An algorithm and the digest in lower-case hexadecimal, as `md5:91f7…`. */
export type Checksum = `sha256:${string}` | `md5:${string}`;

/** A running hash by the algorithm of `checksum`. */
export function hashLike(checksum: Checksum): Hash {
  return createHash(checksum.slice(0, checksum.indexOf(":")));
}

/** Whether a finished hash is the stated one. The hash cannot be used after this. */
export function hashMatches(hash: Hash, checksum: Checksum): boolean {
  return hash.digest("hex") === checksum.slice(checksum.indexOf(":") + 1);
}

/**
 * Feeds what is left of an open file to `hash`, and returns how many bytes that were.
 *
 * @param report called after each piece with the bytes so far.
 */
export async function hashRest(
  file: Deno.FsFile,
  hash: Hash,
  signal?: AbortSignal,
  report?: (bytes: number) => void,
): Promise<number> {
  const buffer = new Uint8Array(1 << 20);
  for (let bytes = 0;;) {
    signal?.throwIfAborted();
    const read = await file.read(buffer);
    if (read === null) return bytes;
    hash.update(buffer.subarray(0, read));
    bytes += read;
    report?.(bytes);
  }
}

/** Whether the file at `path` has the stated checksum. */
export async function fileMatches(
  path: string,
  checksum: Checksum,
  signal?: AbortSignal,
  report?: (bytes: number) => void,
): Promise<boolean> {
  using file = openFile(path);
  const hash = hashLike(checksum);
  await hashRest(file, hash, signal, report);
  return hashMatches(hash, checksum);
}

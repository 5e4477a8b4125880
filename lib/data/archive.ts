/**
 * Taking known files out of a gzipped tar archive.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { unpackTar } from "modern-tar/fs";
import { DataError } from "../errors.ts";
import { checkRoom, fileProblem, showBytes, sizeOf } from "../files.ts";

/** Which files to take from an archive, and how to follow or stop it. */
export interface UnpackOptions {
  /** The names of the wanted files in the archive, and their sizes. */
  readonly members: readonly { readonly name: string; readonly bytes: number }[];
  /** Called with the bytes of the archive that are read. */
  readonly progress?: (done: number) => void;
  /** Stops between two pieces. */
  readonly signal?: AbortSignal;
}

/**
 * Unpacks `members` of the archive at `path` to `<folder>/<name>`, streaming. Only files named in
 * `members` are ever written, so that no archive can write anywhere else; and they get their names
 * when all are whole. Two calls for one folder must not run at the same time: see `withLock`.
 *
 * @throws DataError where the archive is damaged, lacks a file, has it in another size, or the disk
 * is full.
 */
export async function unpack(path: string, folder: string, options: UnpackOptions): Promise<void> {
  const { members, progress, signal } = options;
  const act = `unpack ${path}`;
  const broken = (rule: string, got: unknown, cause?: unknown) =>
    new DataError({ act, rule, got, next: "Delete the archive and download it again.", cause });
  const checkSize = (name: string, expected: number, size: number) => {
    if (size === expected) return;
    throw broken(`${name} must have ${showBytes(expected)}`, showBytes(size));
  };
  const wanted = new Map(members.map(({ name, bytes }) => [name, bytes]));
  const staging = join(folder, ".unpacking");
  try {
    await removeAll(staging);
    await checkRoom(act, folder, members.reduce((sum, { bytes }) => sum + bytes, 0));
    await pipeline(
      createReadStream(path, { highWaterMark: 1 << 20 }),
      async function* (pieces: AsyncIterable<Uint8Array>) {
        let done = 0;
        for await (const piece of pieces) {
          yield piece;
          done += piece.length;
          progress?.(done);
        }
      },
      createGunzip({ chunkSize: 1 << 18 }),
      unpackTar(staging, {
        filter: ({ name, size, type }) => {
          const expected = wanted.get(name.replace(/^\.\//, ""));
          if (expected === undefined || type !== "file") return false;
          checkSize(name, expected, size);
          return true;
        },
      }),
      { signal },
    );
    for (const { name, bytes } of members) {
      const size = await sizeOf(join(staging, name));
      if (size === undefined) throw broken(`it must hold ${name}`, "an archive without it");
      checkSize(name, bytes, size);
    }
    for (const { name } of members) {
      await sync(join(staging, name));
      await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
      await Deno.rename(join(staging, name), join(folder, name));
    }
  } catch (error) {
    signal?.throwIfAborted();
    const damage = error instanceof Error && "code" in error && /^Z_/.test(String(error.code));
    throw damage
      ? broken("the archive must be whole", error, error)
      : fileProblem(act, folder, error);
  } finally {
    await removeAll(staging);
  }
}

async function sync(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

async function removeAll(path: string): Promise<void> {
  if (await sizeOf(path) !== undefined) await Deno.remove(path, { recursive: true });
}

/**
 * Taking known files out of a gzipped tar archive.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { createTarDecoder } from "modern-tar";
import { DataError } from "../errors.ts";
import { checkRoom, fileProblem, showBytes } from "./file_problem.ts";

/** What is wanted of an archive. */
export interface UnpackOptions {
  /** The names of the wanted files in the archive, and their sizes. */
  readonly members: readonly { readonly name: string; readonly bytes: number }[];
  /** Called with the bytes that are unpacked. */
  readonly progress?: (done: number) => void;
  /** Stops between two pieces. */
  readonly signal?: AbortSignal;
}

/**
 * Unpacks `members` of the archive at `path` to `<folder>/<name>`, streaming. Only files named in
 * `members` are ever written, so that no archive can write anywhere else. A file gets its name when
 * it is whole.
 *
 * @throws DataError where the archive is damaged, lacks a file, has it in another size, or the disk
 * is full.
 */
export async function unpack(path: string, folder: string, options: UnpackOptions): Promise<void> {
  const { members, progress, signal } = options;
  const act = `unpack ${path}`;
  const wanted = new Map(members.map(({ name, bytes }) => [name, bytes]));
  const parts: string[] = [];
  let done = 0;
  try {
    await checkRoom(act, folder, members.reduce((sum, { bytes }) => sum + bytes, 0));
    const file = await Deno.open(path);
    const entries = file.readable.pipeThrough(new DecompressionStream("gzip"))
      .pipeThrough(createTarDecoder());
    for await (const { header, body } of entries) {
      const name = header.name.replace(/^\.\//, "");
      const bytes = wanted.get(name);
      if (bytes === undefined || header.type !== "file") {
        await body.cancel();
        continue;
      }
      if (header.size !== bytes) {
        throw broken(act, `${name} must have ${showBytes(bytes)}`, showBytes(header.size));
      }
      const target = join(folder, name);
      await Deno.mkdir(dirname(target), { recursive: true });
      parts.push(`${target}.part`);
      using part = await Deno.open(`${target}.part`, { write: true, create: true, truncate: true });
      let missing = bytes;
      for await (const piece of body) {
        await writeAll(part, piece);
        missing -= piece.length;
        done += piece.length;
        progress?.(done);
        signal?.throwIfAborted();
      }
      if (missing > 0) throw new Error(`${name} ends ${showBytes(missing)} early`);
      await part.sync();
      await Deno.rename(`${target}.part`, target);
      wanted.delete(name);
    }
    const [missing] = wanted.keys();
    if (missing) throw broken(act, `it must hold ${missing}`, "an archive without it");
  } catch (error) {
    for (const part of parts) await Deno.remove(part).catch(() => {});
    signal?.throwIfAborted();
    const ofSystem = error instanceof Error && "code" in error;
    if (error instanceof DataError || ofSystem) throw fileProblem(act, folder, error);
    throw broken(act, "the archive must be whole", (error as Error).message, error);
  }
}

function broken(act: string, rule: string, got: string, cause?: unknown): DataError {
  return new DataError({ act, rule, got, next: "Delete the archive and get it anew.", cause });
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/** Gzipped tar archives and sources of them, made for a test. */
import { createHash } from "node:crypto";
import { packTar } from "npm:modern-tar@0.8.6";
import type { DatasetSource, KnownFile } from "../../lib/data/source.ts";
import type { SourceEnv } from "../../lib/data/source.ts";

/** A gzipped tar archive of the files, in their order. */
export async function makeArchive(
  files: Readonly<Record<string, Uint8Array>>,
): Promise<Uint8Array> {
  const entries = Object.entries(files).map(([name, data]) => ({
    header: { name, size: data.length, type: "file" as const, mtime: new Date(0) },
    data: Uint8Array.from(data),
  }));
  const gzip = new Response(await packTar(entries)).body!.pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(gzip).arrayBuffer());
}

/** The size and checksum of a file, as a source states them. */
export function knownFile(name: string, data: Uint8Array): KnownFile {
  const checksum = `sha256:${createHash("sha256").update(data).digest("hex")}` as const;
  return { name, bytes: data.length, checksum };
}

/** A source of one archive of `files`, published at `url`. */
export async function archiveSource(
  url: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<{ source: DatasetSource; archive: Uint8Array }> {
  const archive = await makeArchive(files);
  const members = Object.entries(files).map(([name, data]) => knownFile(name, data));
  const source = {
    folder: "toy",
    homepage: "https://example.org",
    license: "made for this test",
    files: [{ ...knownFile("toy.tar.gz", archive), url: `${url}/toy.tar.gz`, members }],
  };
  return { source, archive };
}

/** What fetching needs, with a list of the tasks it reported. */
export function sourceEnv(cache: string): SourceEnv & { seed: number; tasks: string[] } {
  const tasks: string[] = [];
  return {
    seed: 0,
    cache,
    tasks,
    progress: ({ task }) => {
      if (!tasks.includes(task)) tasks.push(task);
    },
    signal: new AbortController().signal,
  };
}

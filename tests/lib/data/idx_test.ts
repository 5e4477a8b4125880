import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { gzipSync } from "node:zlib";
import { readIdx } from "../../../lib/data/idx.ts";
import { openRecords } from "../../../lib/data/records.ts";
import { DataError } from "../../../lib/errors.ts";

const ARRAY = { shape: [2, 3, 1], data: Uint8Array.of(1, 2, 3, 4, 5, 255) };
const BYTES = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, ...ARRAY.data);

async function withFile(bytes: Uint8Array, fn: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: "-idx" });
  try {
    await Deno.writeFile(path, bytes);
    await fn(path);
  } finally {
    await Deno.remove(path);
  }
}

async function messageOf(bytes: Uint8Array): Promise<string> {
  let message = "";
  await withFile(bytes, async (path) => {
    const error = await assertRejects(() => readIdx(path), DataError);
    assertStringIncludes(error.message, path);
    message = error.message;
  });
  return message;
}

function assertArray(actual: { shape: number[]; data: Uint8Array }): void {
  assertEquals(actual.shape, ARRAY.shape);
  assertEquals([...actual.data], [...ARRAY.data]);
}

Deno.test("a plain IDX file is read by path and by file URL", async () => {
  await withFile(BYTES, async (path) => {
    assertArray(await readIdx(path));
    assertArray(await readIdx(new URL(`file://${path}`)));
  });
});

Deno.test("a gzipped IDX file is known by its content, not by its name", async () => {
  await withFile(gzipSync(BYTES), async (path) => assertArray(await readIdx(path)));
});

Deno.test("an IDX file is read over HTTP, as from a package registry", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) =>
      request.url.endsWith("/a.gz")
        ? new Response(Uint8Array.from(gzipSync(BYTES)))
        : new Response("no", { status: 404 }),
  );
  const base = `http://127.0.0.1:${server.addr.port}`;
  assertArray(await readIdx(new URL("/a.gz", base)));
  const error = await assertRejects(() => readIdx(new URL("/b.gz", base)), DataError);
  assertStringIncludes(error.message, "HTTP status 404");
  await server.shutdown();
});

Deno.test("a missing IDX file is a DataError that names it", async () => {
  const error = await assertRejects(() => readIdx("no/such/file-idx3-ubyte.gz"), DataError);
  assertStringIncludes(error.message, "Cannot read no/such/file-idx3-ubyte.gz");
});

Deno.test("a truncated IDX file says the bytes expected and got", async () => {
  const message = await messageOf(BYTES.subarray(0, -2));
  assertStringIncludes(message, 'must have 22 bytes (uncompressed), got "20 bytes"');
});

Deno.test("an IDX file with bytes to spare is refused", async () => {
  assertStringIncludes(await messageOf(Uint8Array.of(...BYTES, 0)), 'got "23 bytes"');
});

Deno.test("an IDX file cut within its header is refused", async () => {
  assertStringIncludes(await messageOf(BYTES.subarray(0, 10)), "at least 16 bytes");
});

Deno.test("a truncated gzipped IDX file says the uncompressed bytes expected", async () => {
  const big = new Uint8Array(8 + 5000);
  big.set([0, 0, 8, 1, 0, 0, 5000 >> 8, 5000 & 255]);
  big.forEach((_, i) => i >= 8 && (big[i] = (i * i) >> 3));
  const packed = gzipSync(big);
  const message = await messageOf(packed.subarray(0, Math.floor(packed.length / 2)));
  assertStringIncludes(message, "must have 5008 bytes (uncompressed)");
});

Deno.test("gzip data that does not match its checksum is refused", async () => {
  const packed = gzipSync(BYTES);
  packed[packed.length - 6] ^= 1;
  assertStringIncludes(await messageOf(packed), "gzip data must be whole");
});

Deno.test("no more is unpacked than the header says", async () => {
  // 64 MB of zeros behind a header that says six bytes.
  const big = new Uint8Array(64 * 2 ** 20);
  big.set(BYTES);
  const packed = gzipSync(big);
  assert(packed.length < 100_000);
  const before = Deno.memoryUsage();
  const message = await messageOf(packed);
  assertStringIncludes(message, 'must have 22 bytes (uncompressed), got "more bytes"');
  const after = Deno.memoryUsage();
  assert(after.external - before.external < 16 * 2 ** 20, "the whole of it was unpacked");
});

Deno.test("a header of more than fits memory is refused before anything is unpacked", async () => {
  const header = Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255);
  for (const bytes of [header, gzipSync(header)]) {
    assertStringIncludes(await messageOf(bytes), "it must hold at most 2,147,483,648 bytes");
  }
});

Deno.test("what is no file is refused before it is opened", async () => {
  const folder = await Deno.makeTempDir();
  const pipe = `${folder}/pipe`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const error = await assertRejects(() => readIdx(pipe), DataError);
  assertStringIncludes(error.message, "it must be a file");
  assertThrows(() => openRecords(pipe, 4), DataError, "it must be a file");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a file of another format is refused with the bytes it begins with", async () => {
  assertStringIncludes(await messageOf(new TextEncoder().encode("PK?!")), "50 4b 3f 21");
  assertStringIncludes(await messageOf(new Uint8Array()), "an empty file");
  assertStringIncludes(await messageOf(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0)), "00 00 0d 01");
});

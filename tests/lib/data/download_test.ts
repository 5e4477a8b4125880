import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { download, type DownloadOptions } from "../../../lib/data/download.ts";
import { DataError } from "../../../lib/errors.ts";
import { type Answer, serveFiles } from "../../support/file_server.ts";

const FILE = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) >>> 3);
const OTHER = FILE.map((byte) => byte ^ 1);
const KNOWN: DownloadOptions = {
  bytes: FILE.length,
  checksum: `sha256:${createHash("sha256").update(FILE).digest("hex")}`,
  backoff: 1,
};

/** Runs `act` in an empty folder, with a server that answers as told. */
async function withServer(
  answers: Answer[],
  act: (fetchIt: Fetcher, path: string, requests: string[]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await using server = serveFiles({ file: FILE }, answers);
  const path = join(folder, "cache", "file");
  const fetchIt: Fetcher = (options) =>
    download(`${server.url}/file`, path, { ...KNOWN, ...options });
  try {
    await act(fetchIt, path, server.requests);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
type Fetcher = (options?: Partial<DownloadOptions>) => Promise<void>;

/** That the file is there, whole, and nothing else is. */
async function assertWhole(path: string): Promise<void> {
  assertEquals(await Deno.readFile(path), FILE);
  assertEquals(await listFolder(path), ["file"]);
}

async function listFolder(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(join(path, "..")))).map(({ name }) => name);
}

Deno.test("a file arrives whole under its name, with progress up to its size", () =>
  withServer([], async (fetchIt, path, requests) => {
    const seen: number[] = [];
    await fetchIt({ progress: (done) => seen.push(done) });
    await assertWhole(path);
    assertEquals(seen.at(-1), FILE.length);
    assertEquals(requests, ["file bytes=0-"]);
  }));

Deno.test("a body of unknown length arrives whole", () =>
  withServer([{ chunked: true }], async (fetchIt, path) => {
    await fetchIt();
    await assertWhole(path);
  }));

Deno.test("a connection that is cut is continued where it broke", () =>
  withServer([{ cutAfter: 30_000 }, { cutAfter: 20_000 }], async (fetchIt, path, requests) => {
    await fetchIt();
    await assertWhole(path);
    const starts = requests.map((request) => Number(/=(\d+)-/.exec(request)?.[1]));
    assertEquals(starts.length, 3);
    assert(starts[0] === 0 && starts[1] > 0 && starts[2] > starts[1], String(starts));
  }));

Deno.test("cuts are not counted as long as each request brings something new", () =>
  withServer(
    Array.from({ length: 9 }, () => ({ cutAfter: 10_000 })),
    async (fetchIt, path, requests) => {
      await fetchIt({ attempts: 2 });
      await assertWhole(path);
      assertEquals(requests.length, 10);
    },
  ));

Deno.test("a partial download of an earlier run is continued", () =>
  withServer([], async (fetchIt, path, requests) => {
    await Deno.mkdir(join(path, ".."));
    await Deno.writeFile(`${path}.part`, FILE.subarray(0, 60_000));
    await fetchIt();
    await assertWhole(path);
    assertEquals(requests, ["file bytes=60000-"]);
  }));

Deno.test("a partial download that is already complete needs no request", () =>
  withServer([], async (fetchIt, path, requests) => {
    await Deno.mkdir(join(path, ".."));
    await Deno.writeFile(`${path}.part`, FILE);
    await fetchIt();
    await assertWhole(path);
    assertEquals(requests, []);
  }));

Deno.test("a partial download longer than the file is started again", () =>
  withServer([], async (fetchIt, path, requests) => {
    await Deno.mkdir(join(path, ".."));
    await Deno.writeFile(`${path}.part`, new Uint8Array(FILE.length + 1));
    await fetchIt();
    await assertWhole(path);
    assertEquals(requests, ["file bytes=0-"]);
  }));

Deno.test("a server that ignores the range sends all again, and the file is right", () =>
  withServer([{ cutAfter: 30_000 }, { ignoreRange: true }], async (fetchIt, path, requests) => {
    await fetchIt();
    await assertWhole(path);
    assertEquals(requests.length, 2);
  }));

Deno.test("a server that ignores the range and always cuts at one place is given up", () =>
  withServer(
    Array.from({ length: 9 }, () => ({ cutAfter: 30_000, ignoreRange: true })),
    async (fetchIt, _path, requests) => {
      await assertRejects(() => fetchIt({ attempts: 3 }), DataError, "must serve");
      assertEquals(requests.length, 4);
    },
  ));

Deno.test("a busy server is asked again", () =>
  withServer([{ status: 503 }, { status: 429 }], async (fetchIt, path, requests) => {
    await fetchIt();
    await assertWhole(path);
    assertEquals(requests.length, 3);
  }));

Deno.test("a server that falls silent is asked again for the rest", () =>
  withServer([{ stallAfter: 30_000 }], async (fetchIt, path, requests) => {
    await fetchIt({ patience: 500 });
    await assertWhole(path);
    assert(requests.length >= 2, String(requests));
  }));

Deno.test("wrong bytes are deleted and reported as wrong", () =>
  withServer([{ body: OTHER }], async (fetchIt, path) => {
    await assertRejects(() => fetchIt(), DataError, `${KNOWN.checksum}, got "other bytes"`);
    assertEquals(await listFolder(path), []);
  }));

Deno.test("a file of another size is refused before it arrives", () =>
  withServer([{ body: FILE.subarray(1) }], async (fetchIt, path) => {
    const seen: number[] = [];
    const progress = (done: number) => void seen.push(done);
    await assertRejects(() => fetchIt({ progress }), DataError, 'got "99,999 bytes"');
    assertEquals(seen, []);
    assertEquals(await listFolder(path), []);
  }));

Deno.test("a body that does not end is cut at the file's size and deleted", () =>
  withServer(
    [{ body: new Uint8Array(FILE.length + 1), chunked: true, ignoreRange: true }],
    async (fetchIt, path) => {
      await assertRejects(() => fetchIt(), DataError, 'got "more bytes"');
      assertEquals(await listFolder(path), []);
    },
  ));

Deno.test("a missing file is an error at once, which says how to place it by hand", () =>
  withServer([{ status: 404 }], async (fetchIt, path, requests) => {
    const error = await assertRejects(() => fetchIt(), DataError, 'got "404 Not Found"');
    assert(error.message.includes(`place it at ${path}.`), error.message);
    assert(error.message.includes("100,000 bytes with the checksum sha256:"), error.message);
    assertEquals(requests.length, 1);
    assertEquals(await listFolder(path), []);
  }));

Deno.test("a server that cannot be reached is given up after the last attempt", async () => {
  const folder = await Deno.makeTempDir();
  const server = serveFiles({});
  await server[Symbol.asyncDispose]();
  const { url } = server;
  const act = () => download(`${url}/file`, join(folder, "file"), { ...KNOWN, attempts: 2 });
  const error = await assertRejects(act, DataError, `Cannot download file: ${url}/file must`);
  assert(/refused/i.test(error.message), error.message);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an interrupted download keeps its part and throws the reason", () =>
  withServer([{ stallAfter: 30_000 }], async (fetchIt, path) => {
    const interrupt = new AbortController();
    const reason = new Error("interrupted by the test");
    const act = () =>
      fetchIt({ signal: interrupt.signal, progress: () => interrupt.abort(reason) });
    await assertRejects(act, Error, "interrupted by the test");
    assertEquals(await listFolder(path), ["file.part"]);
    await fetchIt();
    await assertWhole(path);
  }));

Deno.test("a file larger than the free room is refused before a byte is asked for", () =>
  withServer([], async (fetchIt, path, requests) => {
    await assertRejects(() => fetchIt({ bytes: 2 ** 52 }), DataError, "must have 4,503,599,627");
    assertEquals(requests, []);
    assertEquals(await listFolder(path), []);
  }));

Deno.test({
  name: "a disk that fills up is a DataError, and the connection is dropped",
  sanitizeResources: true,
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer([], async (fetchIt, path) => {
      await Deno.mkdir(join(path, ".."));
      // Every write to this device fails as on a full disk.
      await Deno.symlink("/dev/full", `${path}.part`);
      await assertRejects(() => fetchIt(), DataError, "must have room, got");
    }),
});

Deno.test("a folder that cannot be made is a DataError", () =>
  withServer([], async (fetchIt, path) => {
    await Deno.writeTextFile(join(path, ".."), "a file where the folder should be");
    await assertRejects(() => fetchIt(), DataError, "must be readable and writable");
  }));

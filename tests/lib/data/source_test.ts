import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { type DatasetSource, fetchSource } from "../../../lib/data/source.ts";
import { sourceStatus, verifySource } from "../../../lib/data/source_status.ts";
import { DataError } from "../../../lib/errors.ts";
import { archiveSource, knownFile, sourceEnv } from "../../support/archives.ts";
import { serveFiles } from "../../support/file_server.ts";
import { filesBelow, inFolder } from "../../support/folders.ts";

const FILES = {
  "toy/images.bin": Uint8Array.from({ length: 50_000 }, (_, i) => i * 7),
  "toy/labels.bin": Uint8Array.of(1, 2, 3),
};
const NOWHERE = "http://127.0.0.1:9";
const UNPACKED = [".lock", "toy/images.bin", "toy/labels.bin"];

Deno.test("fetching downloads, unpacks and deletes the archive, and says so", () =>
  inFolder(async (cache) => {
    const { archive } = await archiveSource("", FILES);
    await using server = serveFiles({ "toy.tar.gz": archive }, [{ cutAfter: 100 }]);
    const { source } = await archiveSource(server.url, FILES);
    const env = sourceEnv(cache);
    const folder = await fetchSource(source, env);
    assertEquals(folder, join(cache, "toy"));
    assertEquals(await filesBelow(folder), UNPACKED);
    assertEquals(await Deno.readFile(join(folder, "toy/images.bin")), FILES["toy/images.bin"]);
    assertEquals(env.tasks, ["downloading toy.tar.gz", "unpacking toy.tar.gz"]);
    assert(server.requests.length > 1, "the cut was continued");
  }));

Deno.test("files that are there are not fetched again", () =>
  inFolder(async (cache) => {
    const { source, archive } = await archiveSource(NOWHERE, FILES);
    await using server = serveFiles({ "toy.tar.gz": archive });
    const mirror = `${server.url}/`;
    await fetchSource(source, sourceEnv(cache), { mirror });
    await fetchSource(source, sourceEnv(cache), { mirror });
    assertEquals(server.requests, ["toy.tar.gz bytes=0-"]);
  }));

Deno.test("an unpacked file that is missing is fetched again", () =>
  inFolder(async (cache) => {
    const { source, archive } = await archiveSource(NOWHERE, FILES);
    await using server = serveFiles({ "toy.tar.gz": archive });
    const folder = await fetchSource(source, sourceEnv(cache), { mirror: server.url });
    await Deno.remove(join(folder, "toy/labels.bin"));
    await fetchSource(source, sourceEnv(cache), { mirror: server.url });
    assertEquals(await filesBelow(folder), UNPACKED);
  }));

Deno.test("two fetches at once download once, and both get the files", () =>
  inFolder(async (cache) => {
    const { source, archive } = await archiveSource(NOWHERE, FILES);
    await using server = serveFiles({ "toy.tar.gz": archive }, [{ cutAfter: 100 }]);
    const envs = [sourceEnv(cache), sourceEnv(cache)];
    const mirror = server.url;
    const folders = await Promise.all(envs.map((env) => fetchSource(source, env, { mirror })));
    assertEquals(folders[0], folders[1]);
    assertEquals(await filesBelow(folders[0]), UNPACKED);
    assertEquals(server.requests.filter((request) => request.endsWith("=0-")).length, 1);
    assertEquals(envs.flatMap(({ tasks }) => tasks).sort(), [
      "downloading toy.tar.gz",
      "unpacking toy.tar.gz",
      `waiting for ${folders[0]}`,
    ]);
  }));

Deno.test("an archive placed by hand is checked, unpacked and kept", () =>
  inFolder(async (dataDir) => {
    const { source, archive } = await archiveSource(NOWHERE, FILES);
    await Deno.writeFile(join(dataDir, "toy.tar.gz"), archive);
    const env = sourceEnv("/nowhere");
    assertEquals(await fetchSource(source, env, { dataDir }), dataDir);
    assertEquals(await filesBelow(dataDir), [".lock", "toy.tar.gz", ...UNPACKED.slice(1)]);
    assertEquals(env.tasks, ["checking toy.tar.gz", "unpacking toy.tar.gz"]);
  }));

Deno.test("files unpacked by hand are taken as they are, and nothing is written", () =>
  inFolder(async (dataDir) => {
    const { source } = await archiveSource(NOWHERE, FILES);
    await Deno.mkdir(join(dataDir, "toy"));
    for (const [name, data] of Object.entries(FILES)) {
      await Deno.writeFile(join(dataDir, name), data);
    }
    await fetchSource(source, sourceEnv("/nowhere"), { dataDir });
    assertEquals(await filesBelow(dataDir), UNPACKED.slice(1));
  }));

Deno.test("a truncated or altered archive placed by hand is refused with both sizes", () =>
  inFolder(async (dataDir) => {
    const { source, archive } = await archiveSource(NOWHERE, FILES);
    const path = join(dataDir, "toy.tar.gz");
    const act = () => fetchSource(source, sourceEnv("/nowhere"), { dataDir });
    await Deno.writeFile(path, archive.subarray(0, 99));
    const error = await assertRejects(act, DataError, 'got "99 bytes". Delete it');
    assert(error.message.includes(`${path} must have`), error.message);
    await Deno.writeFile(path, archive.map((byte) => byte ^ 1));
    await assertRejects(act, DataError, 'got "other bytes"');
    assertEquals(await filesBelow(dataDir), [".lock", "toy.tar.gz"]);
  }));

Deno.test("a mirror that serves other bytes is refused, and nothing is unpacked", () =>
  inFolder(async (cache) => {
    const { source, archive } = await archiveSource(NOWHERE, FILES);
    await using server = serveFiles({ "toy.tar.gz": archive.map((byte) => byte ^ 1) });
    await assertRejects(
      () => fetchSource(source, sourceEnv(cache), { mirror: server.url }),
      DataError,
      `place it at ${join(cache, "toy", "toy.tar.gz")}`,
    );
    assertEquals(await filesBelow(cache), ["toy/.lock"]);
  }));

Deno.test("files that a package installed are found; another folder can be asked for", () =>
  inFolder(async (folder) => {
    const source: DatasetSource = {
      folder: "toy",
      homepage: "https://example.org",
      license: "made for this test",
      installed: [join(folder, "empty"), join(folder, "package")],
      files: Object.entries(FILES).map(([name, data]) => ({
        ...knownFile(name.slice(4), data),
        url: `${NOWHERE}/${name}`,
      })),
    };
    await Deno.mkdir(join(folder, "package"));
    await Deno.mkdir(join(folder, "other"));
    for (const [name, data] of Object.entries(FILES)) {
      await Deno.writeFile(join(folder, "package", name.slice(4)), data);
      await Deno.writeFile(join(folder, "other", name.slice(4)), data);
    }
    const env = sourceEnv(join(folder, "cache"));
    assertEquals(await fetchSource(source, env), join(folder, "package"));
    assertEquals((await verifySource(source, env)).map(({ state }) => state), [
      "packaged",
      "packaged",
    ]);
    const other = { dataDir: join(folder, "other") };
    assertEquals(await fetchSource(source, env, other), other.dataDir);
    assertEquals((await verifySource(source, env, other)).map(({ state }) => state), [
      "right",
      "right",
    ]);
  }));

Deno.test("the status tells missing, begun, present, right and wrong files apart", () =>
  inFolder(async (dataDir) => {
    const { source, archive } = await archiveSource(NOWHERE, FILES);
    const env = sourceEnv("/nowhere");
    const look = async (of: typeof sourceStatus) =>
      (await of(source, env, { dataDir })).map(({ name, state, bytes }) =>
        `${name}: ${state}, ${bytes}`
      );
    const path = join(dataDir, "toy.tar.gz");
    assertEquals(await look(sourceStatus), ["toy.tar.gz: missing, 0"]);
    await Deno.writeFile(`${path}.part`, archive.subarray(0, 70));
    assertEquals(await look(sourceStatus), ["toy.tar.gz: partial, 70"]);
    await Deno.writeFile(path, archive);
    assertEquals(await look(sourceStatus), [`toy.tar.gz: present, ${archive.length}`]);
    assertEquals(await look(verifySource), [`toy.tar.gz: right, ${archive.length}`]);
    await fetchSource(source, env, { dataDir });
    assertEquals(await look(verifySource), [
      "toy/images.bin: right, 50000",
      "toy/labels.bin: right, 3",
    ]);
    await Deno.writeFile(join(dataDir, "toy/labels.bin"), Uint8Array.of(1, 2, 4));
    await Deno.truncate(join(dataDir, "toy/images.bin"), 49_999);
    assertEquals(await look(sourceStatus), [
      "toy/images.bin: wrong size, 49999",
      "toy/labels.bin: present, 3",
    ]);
    assertEquals(await look(verifySource), [
      "toy/images.bin: wrong size, 49999",
      "toy/labels.bin: wrong bytes, 3",
    ]);
  }));

Deno.test("a folder that cannot be written is a DataError", () =>
  inFolder(async (folder) => {
    const { source } = await archiveSource(NOWHERE, FILES);
    await Deno.writeTextFile(join(folder, "file"), "not a folder");
    await assertRejects(
      () => fetchSource(source, sourceEnv(join(folder, "file"))),
      DataError,
      "Cannot fetch toy",
    );
  }));

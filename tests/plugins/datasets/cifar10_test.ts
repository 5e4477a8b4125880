import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { fetchSource } from "../../../lib/data/source.ts";
import { DataError } from "../../../lib/errors.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import cifar10 from "../../../plugins/datasets/cifar10.ts";
import { knownFile, makeArchive, sourceEnv } from "../../support/archives.ts";
import { serveFiles } from "../../support/file_server.ts";
import { inFolder } from "../../support/folders.ts";

/** The pixel that a miniature has in channel c, row y, column x of image i. */
const pixel = (i: number, c: number, y: number, x: number) => (i * 101 + c * 59 + y * 7 + x) % 256;

/** A record of image i, as the binary version of CIFAR-10 stores it. */
function record(i: number, label: number): Uint8Array {
  const bytes = new Uint8Array(3073);
  bytes[0] = label;
  let at = 1;
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < 32; y++) for (let x = 0; x < 32; x++) bytes[at++] = pixel(i, c, y, x);
  }
  return bytes;
}

/** Two images in each of the six files; image i of all has the label i mod 10. */
function miniature(): Record<string, Uint8Array> {
  const names = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`).concat("test_batch.bin");
  return Object.fromEntries(names.map((name, file) => {
    const bytes = new Uint8Array(2 * 3073);
    for (let k = 0; k < 2; k++) bytes.set(record(2 * file + k, (2 * file + k) % 10), k * 3073);
    return [`cifar-10-batches-bin/${name}`, bytes];
  }));
}

async function open(dataDir: string): Promise<Dataset> {
  return await cifar10.create(cifar10.options.parse({ dataDir }), sourceEnv("/nowhere"));
}

async function place(dataDir: string, files: Record<string, Uint8Array>): Promise<void> {
  await Deno.mkdir(join(dataDir, "cifar-10-batches-bin"));
  for (const [name, data] of Object.entries(files)) await Deno.writeFile(join(dataDir, name), data);
}

Deno.test("cifar10 downloads, unpacks and reads images row by row with their labels", () =>
  inFolder(async (dataDir) => {
    const files = miniature();
    const archive = await makeArchive({
      "cifar-10-batches-bin/readme.html": new Uint8Array(9),
      ...files,
    });
    await using server = serveFiles({ "cifar-10-binary.tar.gz": archive });
    // The published source, but for the sizes and checksums of the miniature.
    const [file] = cifar10.source!.files;
    const members = file.members!.map(({ name }) => knownFile(name, files[name]));
    const source = {
      ...cifar10.source!,
      files: [{ ...file, ...knownFile(file.name, archive), members }],
    };
    await fetchSource(source, sourceEnv("/nowhere"), { dataDir, mirror: server.url });

    const { splits, shape, classes } = await open(dataDir);
    assertEquals(shape, [32, 32, 3]);
    assertEquals(classes.length, 10);
    assertEquals([...splits.train.labels!], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assertEquals([...splits.test.labels!], [0, 1]);
    const batch = await splits.train.read([7, 2]);
    assertEquals(batch.length, 2 * 32 * 32 * 3);
    [7, 2].forEach((i, row) => {
      for (let y = 0; y < 32; y++) {
        for (let x = 0; x < 32; x++) {
          for (let c = 0; c < 3; c++) {
            const got = batch[((row * 32 + y) * 32 + x) * 3 + c];
            assert(got === pixel(i, c, y, x), `image ${i} at ${[y, x, c]}`);
          }
        }
      }
    });
    assertEquals((await splits.test.read([1]))[0], pixel(11, 0, 0, 0));
  }));

Deno.test("cifar10 refuses a truncated file by name and size", () =>
  inFolder(async (dataDir) => {
    const files = miniature();
    const name = "cifar-10-batches-bin/data_batch_3.bin";
    await place(dataDir, { ...files, [name]: files[name].subarray(0, 5000) });
    const error = await assertRejects(() => open(dataDir), DataError, "data_batch_3.bin");
    assert(error.message.includes('as 6,146 bytes, got "5,000 bytes"'), error.message);
  }));

Deno.test("cifar10 refuses a label of no class", () =>
  inFolder(async (dataDir) => {
    const files = miniature();
    const name = "cifar-10-batches-bin/test_batch.bin";
    await place(dataDir, { ...files, [name]: record(0, 10) });
    await assertRejects(() => open(dataDir), DataError, "labels of 10 classes");
  }));

Deno.test("cifar10 refuses an image that is not there", () =>
  inFolder(async (dataDir) => {
    await place(dataDir, miniature());
    const { splits } = await open(dataDir);
    await assertRejects(async () => void await splits.train.read([10]), RangeError, "example 10");
  }));

Deno.test("cifar10 refuses a mirror's file that is not the published one", () =>
  inFolder(async (dataDir) => {
    await using server = serveFiles({ "cifar-10-binary.tar.gz": await makeArchive(miniature()) });
    const options = cifar10.options.parse({ dataDir, mirror: server.url });
    await assertRejects(
      async () => void await cifar10.create(options, sourceEnv("/nowhere")),
      DataError,
      "must serve 170,052,171 bytes with the checksum sha256:c4a38c50",
    );
  }));

Deno.test("the options of a downloaded dataset refuse a mirror that is no address", () => {
  assertEquals(cifar10.options.safeParse({ mirror: "ftp://example.org" }).success, false);
  assertEquals(cifar10.options.parse({}), { dataDir: "", mirror: "" });
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { DataError } from "../../../lib/errors.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import stl10 from "../../../plugins/datasets/stl10.ts";
import { sourceEnv } from "../../support/archives.ts";
import { inFolder } from "../../support/folders.ts";

const IMAGE = 96 * 96 * 3;

/** The pixel that a miniature has in channel c, row y, column x of image i of a file. */
const pixel = (file: number, i: number, c: number, y: number, x: number) =>
  (file * 17 + i * 101 + c * 59 + y * 7 + x * 3) % 256;

/** A file of images as STL-10 stores them: channel by channel, column by column. */
function images(file: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length * IMAGE);
  let at = 0;
  for (let i = 0; i < length; i++) {
    for (let c = 0; c < 3; c++) {
      for (let x = 0; x < 96; x++) {
        for (let y = 0; y < 96; y++) bytes[at++] = pixel(file, i, c, y, x);
      }
    }
  }
  return bytes;
}

const FILES = {
  "train_X.bin": images(0, 3),
  "train_y.bin": Uint8Array.of(1, 10, 4),
  "test_X.bin": images(1, 2),
  "test_y.bin": Uint8Array.of(2, 3),
  "unlabeled_X.bin": images(2, 4),
};

/** Runs `act` with the miniature, opened from a folder where it was placed by hand. */
async function withMiniature(
  changes: Partial<typeof FILES>,
  act: (open: () => Promise<Dataset>, folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (dataDir) => {
    const folder = join(dataDir, "stl10_binary");
    await Deno.mkdir(folder);
    for (const [name, data] of Object.entries({ ...FILES, ...changes })) {
      await Deno.writeFile(join(folder, name), data);
    }
    const options = stl10.options.parse({ dataDir });
    await act(async () => await stl10.create(options, sourceEnv("/nowhere")), folder);
  });
}

/** That `batch` holds the images `rows` of the miniature, each [file, i], row by row. */
function assertImages(batch: ArrayLike<number>, rows: [number, number][]): void {
  assertEquals(batch.length, rows.length * IMAGE);
  rows.forEach(([file, i], row) => {
    for (let y = 0; y < 96; y++) {
      for (let x = 0; x < 96; x++) {
        for (let c = 0; c < 3; c++) {
          const got = batch[((row * 96 + y) * 96 + x) * 3 + c];
          assert(got === pixel(file, i, c, y, x), `image ${i} of file ${file} at ${[y, x, c]}`);
        }
      }
    }
  });
}

Deno.test("stl10 turns images stored by columns into rows, in every split", () =>
  withMiniature({}, async (open) => {
    const { splits, shape, pretrain, close } = await open();
    assertEquals(shape, [96, 96, 3]);
    assertEquals(pretrain, "train+unlabeled");
    assertImages(await splits.train.read([2, 0]), [[0, 2], [0, 0]]);
    assertImages(await splits.test.read([1]), [[1, 1]]);
    assertImages(await splits.unlabeled.read([3, 3]), [[2, 3], [2, 3]]);
    assertImages(await splits["train+unlabeled"].read([3, 1, 6]), [[2, 0], [0, 1], [2, 3]]);
    close!();
  }));

Deno.test("stl10 counts labels from 0, and −1 stands for no label", () =>
  withMiniature({}, async (open) => {
    const { splits, classes, close } = await open();
    const labels = Object.fromEntries(
      Object.entries(splits).map(([name, { labels }]) => [name, [...labels!]]),
    );
    assertEquals(labels, {
      train: [0, 9, 3],
      test: [1, 2],
      unlabeled: [-1, -1, -1, -1],
      "train+unlabeled": [0, 9, 3, -1, -1, -1, -1],
    });
    assertEquals(splits["train+unlabeled"].length, 7);
    assertEquals(classes[9], "truck");
    close!();
  }));

Deno.test("stl10 reads an image when it is asked for, not before", () =>
  withMiniature({}, async (open, folder) => {
    const { splits, close } = await open();
    using file = await Deno.open(join(folder, "unlabeled_X.bin"), { write: true });
    await file.write(Uint8Array.of(99));
    assertEquals((await splits.unlabeled.read([0]))[0], 99);
    close!();
  }));

Deno.test({
  name: "stl10 refuses a truncated file by name and size, and closes the others",
  sanitizeResources: true,
  fn: () =>
    withMiniature({ "unlabeled_X.bin": FILES["unlabeled_X.bin"].subarray(1) }, async (open) => {
      const error = await assertRejects(open, DataError, "unlabeled_X.bin");
      assert(error.message.includes('as 110,592 bytes, got "110,591 bytes"'), error.message);
    }),
});

Deno.test("stl10 refuses a file with fewer images than labels", () =>
  withMiniature({ "train_X.bin": FILES["train_X.bin"].subarray(IMAGE) }, async (open) => {
    await assertRejects(open, DataError, 'each of the 2 images beside it, got "3 labels"');
  }));

Deno.test("stl10 refuses labels of no class", async () => {
  for (const bad of [0, 11]) {
    await withMiniature({ "test_y.bin": Uint8Array.of(1, bad) }, async (open) => {
      await assertRejects(open, DataError, "labels of 10 classes");
    });
  }
});

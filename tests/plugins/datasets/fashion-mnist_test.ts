import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { sourceStatus } from "../../../lib/data/source_status.ts";
import { DataError } from "../../../lib/errors.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import fashion from "../../../plugins/datasets/fashion-mnist.ts";
import { sourceEnv } from "../../support/archives.ts";
import { serveFiles } from "../../support/file_server.ts";
import { inFolder } from "../../support/folders.ts";

const PACKAGE = fashion.source!.installed![0];
const packaged = await Deno.stat(PACKAGE).then(() => true, () => false);

/** A gzipped IDX file of bytes. */
function idx(shape: number[], data: number[]): Uint8Array {
  const sizes = shape.flatMap((size) => [0, 0, size >> 8, size & 255]);
  return gzipSync(Uint8Array.of(0, 0, 8, shape.length, ...sizes, ...data));
}

const plain = (...values: number[]) => values.flatMap((value) => Array(784).fill(value));
const FILES: Record<string, Uint8Array> = {
  "train-images-idx3-ubyte.gz": idx([3, 28, 28], plain(1, 2, 3)),
  "train-labels-idx1-ubyte.gz": idx([3], [9, 0, 5]),
  "t10k-images-idx3-ubyte.gz": idx([1, 28, 28], plain(4)),
  "t10k-labels-idx1-ubyte.gz": idx([1], [8]),
};

async function openFrom(dataDir: string, mirror = ""): Promise<Dataset> {
  return await fashion.create(fashion.options.parse({ dataDir, mirror }), sourceEnv("/nowhere"));
}

Deno.test("fashion-mnist reads files placed by hand", () =>
  inFolder(async (dataDir) => {
    for (const [name, data] of Object.entries(FILES)) {
      await Deno.writeFile(join(dataDir, name), data);
    }
    const { splits, shape, classes } = await openFrom(dataDir);
    assertEquals(shape, [28, 28, 1]);
    assertEquals([...splits.train.labels!], [9, 0, 5]);
    assertEquals(classes[splits.test.labels![0]], "Bag");
    const batch = await splits.train.read([2, 0]);
    assertEquals([batch[0], batch[783], batch[784], batch[1567]], [3, 3, 1, 1]);
  }));

Deno.test("fashion-mnist refuses a truncated file by name", () =>
  inFolder(async (dataDir) => {
    const name = "t10k-images-idx3-ubyte.gz";
    for (const [each, data] of Object.entries(FILES)) {
      await Deno.writeFile(join(dataDir, each), each === name ? data.subarray(0, 20) : data);
    }
    await assertRejects(() => openFrom(dataDir), DataError, join(dataDir, name));
  }));

Deno.test("fashion-mnist downloads what is missing, and refuses other bytes than published", () =>
  inFolder(async (dataDir) => {
    await using server = serveFiles(FILES);
    const error = await assertRejects(
      () => openFrom(dataDir, server.url),
      DataError,
      `${server.url}/train-images-idx3-ubyte.gz must serve 26,421,880 bytes`,
    );
    assert(error.message.includes(join(dataDir, "train-images-idx3-ubyte.gz")), error.message);
  }));

Deno.test({
  name: `fashion-mnist is found where Debian's package put it${
    packaged ? "" : ": dataset-fashion-mnist is not installed on this machine"
  }`,
  ignore: !packaged,
  fn: async () => {
    const { splits } = await openFrom("");
    assertEquals([splits.train.length, splits.test.length], [60_000, 10_000]);
    // The first test image is an ankle boot (9), and its classes are balanced.
    assertEquals(splits.test.labels![0], 9);
    const counts = new Array(10).fill(0);
    for (const label of splits.train.labels!) counts[label]++;
    assertEquals(counts, Array(10).fill(6_000));
    const states = await sourceStatus(fashion.source!, sourceEnv("/nowhere"));
    assertEquals(states.map(({ state }) => state), Array(4).fill("packaged"));
  },
});

import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { readIdxSplit } from "../../../lib/data/fashion.ts";
import { DataError } from "../../../lib/errors.ts";
import type { Split } from "../../../lib/plugin.ts";

const IMAGES = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 11, 20, 21];
const LABELS = [0, 0, 8, 1, 0, 0, 0, 2, 1, 0];

async function read(images: number[], labels: number[]): Promise<Split> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/images`, Uint8Array.from(images));
    await Deno.writeFile(`${folder}/labels`, Uint8Array.from(labels));
    return await readIdxSplit(`${folder}/images`, `${folder}/labels`, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("two IDX files make a split with labels and random access", async () => {
  const split = await read(IMAGES, LABELS);
  assertEquals(split.length, 2);
  assertEquals(split.labels, Int32Array.of(1, 0));
  assertEquals(await split.read([1, 0, 1]), Uint8Array.of(20, 21, 10, 11, 20, 21));
  assertThrows(() => split.read([2]), RangeError, "There is no example 2 among 2");
});

Deno.test("IDX files that do not belong together are refused by name", async () => {
  const swapped = await assertRejects(() => read(LABELS, IMAGES), DataError);
  assertStringIncludes(swapped.message, "images: images must have 3 dimensions, got 1");
  const short = await assertRejects(
    () => read(IMAGES, [0, 0, 8, 1, 0, 0, 0, 1, 1]),
    DataError,
  );
  assertStringIncludes(short.message, "labels: labels must have the shape [2]");
  const high = await assertRejects(() => read(IMAGES, LABELS.with(8, 2)), DataError);
  assertStringIncludes(high.message, "labels: labels must be under 2");
});

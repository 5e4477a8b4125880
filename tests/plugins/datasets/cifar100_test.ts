import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { DataError } from "../../../lib/errors.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import cifar100 from "../../../plugins/datasets/cifar100.ts";
import { sourceEnv } from "../../support/archives.ts";
import { inFolder } from "../../support/folders.ts";

/** Records of a coarse label, a fine label and a plain image: [coarse, fine, red, green, blue]. */
function records(rows: number[][]): Uint8Array {
  const bytes = new Uint8Array(rows.length * 3074);
  rows.forEach(([coarse, fine, ...color], i) => {
    bytes.set([coarse, fine], i * 3074);
    color.forEach((value, c) => {
      const from = i * 3074 + 2 + c * 1024;
      bytes.fill(value, from, from + 1024);
    });
  });
  return bytes;
}

async function withMiniature(
  test: number[][],
  act: (open: (labels?: string) => Promise<Dataset>) => Promise<void>,
): Promise<void> {
  await inFolder(async (dataDir) => {
    await Deno.mkdir(join(dataDir, "cifar-100-binary"));
    const train = records([[11, 98, 1, 2, 3], [0, 4, 4, 5, 6], [19, 41, 7, 8, 9]]);
    await Deno.writeFile(join(dataDir, "cifar-100-binary/train.bin"), train);
    await Deno.writeFile(join(dataDir, "cifar-100-binary/test.bin"), records(test));
    await act(async (labels) =>
      await cifar100.create(
        cifar100.options.parse({ dataDir, ...(labels && { labels }) }),
        sourceEnv("/nowhere"),
      )
    );
  });
}

Deno.test("cifar100 has fine labels unless coarse ones are asked for", () =>
  withMiniature([[14, 2, 0, 0, 0]], async (open) => {
    const fine = await open();
    assertEquals(fine.classes.length, 100);
    assertEquals([...fine.splits.train.labels!], [98, 4, 41]);
    assertEquals(fine.classes[fine.splits.test.labels![0]], "baby");
    const coarse = await open("coarse");
    assertEquals(coarse.classes.length, 20);
    assertEquals([...coarse.splits.train.labels!], [11, 0, 19]);
    assertEquals(coarse.classes[coarse.splits.test.labels![0]], "people");
  }));

Deno.test("cifar100 reads the pixels behind two label bytes", () =>
  withMiniature([[0, 0, 0, 0, 0]], async (open) => {
    const batch = await (await open()).splits.train.read([2, 0]);
    assertEquals([...batch.subarray(0, 6)], [7, 8, 9, 7, 8, 9]);
    assertEquals([...batch.subarray(3072, 3078)], [1, 2, 3, 1, 2, 3]);
    assertEquals([...batch.subarray(-3)], [1, 2, 3]);
  }));

Deno.test("the class names of cifar100 are in the order of the labels", async () => {
  await withMiniature([[0, 0, 0, 0, 0]], async (open) => {
    for (const labels of ["fine", "coarse"]) {
      const { classes } = await open(labels);
      assertEquals(classes, [...classes].sort());
      assertEquals(new Set(classes).size, classes.length);
    }
  });
});

Deno.test("cifar100 refuses a coarse label of no class", () =>
  withMiniature([[20, 0, 0, 0, 0]], async (open) => {
    await assertRejects(() => open("coarse"), DataError, "labels of 20 classes");
  }));

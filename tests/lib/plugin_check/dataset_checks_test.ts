import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { openDevice } from "../../../lib/device/device.ts";
import { type Dataset, defineDataset, type Split } from "../../../lib/plugin.ts";
import { rng } from "../../../lib/random.ts";
import { failuresOf, reportOf } from "../../support/check_report.ts";

const device = await openDevice("wasm");
const SIZE = 16 * 16;

/** 32 examples whose pixels are drawn by `at` from the index of an example and its row. */
function split(at: (index: number, row: number) => number = (index) => index): Split {
  return {
    length: 32,
    labels: Int32Array.from({ length: 32 }, (_, i) => i % 2),
    read: (indices) =>
      Uint8Array.from(
        Array.from(indices).flatMap((index, row) => {
          const random = rng(5, at(index, row));
          return Array.from({ length: SIZE }, () => random.int(256));
        }),
      ),
  };
}

async function failures(parts: Partial<Dataset> = {}): Promise<Record<string, string>> {
  const dataset = defineDataset({
    name: "mine",
    summary: "A test's",
    options: z.strictObject({}),
    create: () => ({
      classes: ["a", "b"],
      shape: [16, 16, 1],
      mean: [0.5],
      std: [0.29],
      splits: { train: split(), test: split((index) => 100 + index) },
      ...parts,
    }),
  });
  return failuresOf(await reportOf(device, dataset));
}

Deno.test("a dataset without faults passes", async () => {
  assertEquals(await failures(), {});
});

Deno.test("examples of chance fail", async () => {
  const found = await failures({ splits: { train: split(() => 1e6 * Math.random()) } });
  assertEquals(found["same examples twice"], "train differs when read again");
});

Deno.test("examples that differ when the dataset is opened again fail", async () => {
  let opened = 0;
  const dataset = defineDataset({
    name: "mine",
    summary: "A test's",
    options: z.strictObject({}),
    create: () => {
      const which = 1000 * opened++;
      return {
        classes: ["a", "b"],
        shape: [16, 16, 1],
        mean: [0.5],
        std: [0.29],
        splits: { train: split((index) => which + index) },
      };
    },
  });
  const found = failuresOf(await reportOf(device, dataset));
  assertEquals(found, {
    "same examples twice": "train differs when opened again with the same seed",
  });
});

Deno.test("an example that depends on its row fails", async () => {
  const found = await failures({ splits: { train: split((index, row) => 7 * index + row) } });
  assertEquals(Object.keys(found), ["random access"]);
  assertMatch(found["random access"], /^example \d+ of train depends on what is read with it$/);
});

Deno.test("bytes that are not what is read fail", async () => {
  const bytes = new Uint8Array(32 * SIZE);
  const found = await failures({ splits: { train: { ...split(), bytes } } });
  assertEquals(found, { "random access": "example 0 of train differs from its bytes" });
});

Deno.test("a batch of a wrong size fails", async () => {
  const { read, ...rest } = split();
  const found = await failures({
    splits: { train: { ...rest, read: async (indices) => (await read(indices)).subarray(1) } },
  });
  assertStringIncludes(found.sizes, "train gives 255 numbers for 1 × 256");
});

Deno.test("a mean of pixels to 255 fails, and one that is near passes", async () => {
  const found = await failures({ mean: [127.5], std: [74] });
  assertMatch(found["mean and std"], /^channel 0 is 0\.5\d* ± 0\.29\d*, and it says 127\.5 ± 74$/);
  assertEquals(await failures({ mean: [0.45], std: [0.25] }), {});
});

Deno.test("classes of one name fail", async () => {
  assertEquals(await failures({ classes: ["a", "a"] }), { labels: "two classes are called a" });
});

Deno.test("views by other randomness than the given one fail", async () => {
  const views = (draw: (row: number) => number) => ({
    views: (indices: ArrayLike<number>) =>
      [0, 1].map(() => {
        const rows = Array.from(indices, (_, row) => row);
        return Uint8Array.from(
          rows.flatMap((row) => Array.from({ length: SIZE }, () => draw(row))),
        );
      }),
  });
  const found = await failures(views(() => 256 * Math.random()));
  assertEquals(found["views of its own"], "they differ for the same random stream");
  assertEquals(
    await failures({
      views: (indices, random) =>
        [0, 1].map((view) =>
          Uint8Array.from(
            Array.from(indices).flatMap((_, row) => {
              const stream = random(row).fold(view);
              return Array.from({ length: SIZE }, () => stream.int(256));
            }),
          )
        ),
    }),
    {},
  );
});

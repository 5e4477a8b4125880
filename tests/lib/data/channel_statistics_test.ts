import { assertAlmostEquals } from "@std/assert";
import { channelStatistics } from "../../../lib/data/normalization.ts";
import type { Split } from "../../../lib/plugin.ts";

/** 300 examples of 2 pixels and 2 channels: row i is [i mod 2, 255, 0, 51]. */
const SPLIT: Split = {
  length: 300,
  read: (indices) =>
    Uint8Array.from(Array.from(indices).flatMap((row) => [(row % 2) * 255, 255, 0, 51])),
};

Deno.test("channel statistics are those of each channel, pixels from 0 to 1", async () => {
  const { mean, std } = await channelStatistics(SPLIT, 2);
  assertAlmostEquals(mean[0], 0.25, 1e-12);
  assertAlmostEquals(std[0], Math.sqrt(0.1875), 1e-12);
  assertAlmostEquals(mean[1], 0.6, 1e-12);
  assertAlmostEquals(std[1], 0.4, 1e-12);
});

Deno.test("channel statistics can stop after the first examples", async () => {
  const { mean } = await channelStatistics(SPLIT, 2, 1);
  assertAlmostEquals(mean[0], 0, 1e-12);
});

import { assertEquals } from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../../../lib/device/device.ts";
import { type Nearest, nearestOfRows } from "../../../lib/evaluate/nearest.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";

/** The k largest of one row, smallest first, by sorting all of it. */
function sorted(values: Float32Array, k: number): Nearest {
  const columns = Int32Array.from([...values.keys()].sort((a, b) => values[b] - values[a] || a - b))
    .slice(0, k).reverse();
  return { columns, values: Float32Array.from(columns, (column) => values[column]) };
}

async function check(
  { tf }: Device,
  [rows, width]: [number, number],
  k: number,
  value: (row: number, column: number) => number,
): Promise<void> {
  const values = Float32Array.from(
    { length: rows * width },
    (_, i) => value(Math.floor(i / width), i % width),
  );
  const x: tf.Tensor2D = tf.tensor2d(values, [rows, width]);
  const before = tf.memory().numTensors;
  const found = await nearestOfRows(tf, x, k);
  assertEquals(tf.memory().numTensors, before);
  assertEquals(
    found,
    Array.from({ length: rows }, (_, i) => sorted(values.subarray(i * width, (i + 1) * width), k)),
  );
  x.dispose();
}

for (
  const [rows, width, k] of [
    [1, 1, 1],
    [3, 7, 7],
    [2, 200, 200],
    [5, 1024, 256],
    [4, 1025, 1],
    [70, 2500, 200],
    [2, 5000, 257],
  ]
) {
  testOnDevices(
    `the ${k} largest of ${width} are those of sorting, ${rows} rows`,
    async (device) => {
      const random = rng(1, width);
      await check(device, [rows, width], k, () => Math.fround(random.normal()));
    },
  );
}

testOnDevices(
  "of equal values, the one in the lower column counts as the larger, also of 0 and −0",
  async (device) => {
    await check(device, [3, 1500], 40, (_, column) => column % 5);
    await check(device, [2, 1100], 30, (row, column) => column % 2 === row ? 0 : -0);
  },
);

testOnDevices(
  "rows all of one value, or of negative ones in order, are right too",
  async (device) => {
    await check(device, [3, 1300], 200, (row, column) => row === 1 ? column : -1);
    await check(device, [2, 3000], 200, (row, column) => row === 0 ? -column : 1e-30 * column);
    await check(device, [2, 1100], 3, (_, column) => column === 1050 ? -1e38 : -3e38);
  },
);

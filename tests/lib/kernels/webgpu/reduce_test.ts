/** Sums and means over leading axes, against float64. */
import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { rng } from "../../../../lib/random.ts";
import { checkKernel } from "../../../support/check_kernel.ts";
import { testOnWebgpu } from "../../../support/devices.ts";

/** Columns by ones and by fours, fewer and more than a workgroup's; rows of one walk and of many. */
const SHAPES = [[1, 2], [2, 3], [17, 1], [300, 4], [5, 260], [129, 67], [2500, 3], [70, 64]];

testOnWebgpu("sums and means over the rows are those of float64", async (device) => {
  for (const shape of SHAPES) {
    const [rows, columns] = shape;
    const inputs = [{ shape, values: normals(rows * columns) }];
    const sums = (x: Float64Array) => columnSums(x, columns);
    const means = (x: Float64Array) => sums(x).map((sum) => sum / rows);
    await checkKernel(device, { inputs, run: (x) => x.sum(0), reference: sums, tolerance: 1e-5 });
    await checkKernel(device, { inputs, run: (x) => x.mean(0), reference: means, tolerance: 1e-5 });
  }
});

testOnWebgpu("several leading axes are reduced as one, and kept where asked", async (device) => {
  const inputs = [{ shape: [3, 4, 5, 6], values: normals(360) }];
  await checkKernel(device, {
    inputs,
    run: (x) => x.sum([2, 0, 1]),
    reference: (x) => columnSums(x, 6),
    tolerance: 1e-5,
  });
  const kept = tf.tidy(() => tf.ones([3, 4, 5]).mean([-3, 1], true));
  assertEquals(kept.shape, [1, 1, 5]);
  assertEquals([...await kept.data()], [1, 1, 1, 1, 1]);
  kept.dispose();
});

testOnWebgpu("other axes are reduced by the stock kernels", async () => {
  const x = tf.tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
  const sums = [x.sum(), x.sum(2), x.sum([0, 2])];
  const read: number[][] = [];
  for (const sum of sums) read.push([...await sum.data()]);
  assertEquals(read, [[36], [3, 7, 11, 15], [14, 22]]);
  tf.dispose([x, sums]);
});

function columnSums(x: Float64Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  x.forEach((value, i) => sums[i % columns] += value);
  return sums;
}

function normals(length: number): number[] {
  const random = rng(9, length);
  return Array.from({ length }, () => Math.fround(random.normal()));
}

/** Matrix products and their gradients against sums in float64, whatever the tile. */
import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { matMulShape, matMulTiles, product } from "../../../../lib/kernels/webgpu/mat_mul.ts";
import { webgpuBackend } from "../../../../lib/kernels/webgpu/program.ts";
import { checkKernel } from "../../../support/check_kernel.ts";
import { testOnWebgpu } from "../../../support/devices.ts";
import { values } from "../../../support/values.ts";

/** Σ_k a[m, k]·b[k, n] for each of the batch, either side transposed or shared. */
function reference(
  [batchA, batchB]: readonly number[],
  [m, k, n]: readonly number[],
  [transposeA, transposeB]: readonly boolean[],
  a: Float64Array,
  b: Float64Array,
): Float64Array {
  const y = new Float64Array(Math.max(batchA, batchB) * m * n);
  for (let at = 0; at < y.length; at++) {
    const j = at % n, i = Math.floor(at / n) % m, batch = Math.floor(at / n / m);
    const [fromA, fromB] = [batchA === 1 ? 0 : batch * m * k, batchB === 1 ? 0 : batch * k * n];
    for (let l = 0; l < k; l++) {
      y[at] += a[fromA + (transposeA ? l * m + i : i * k + l)] *
        b[fromB + (transposeB ? j * k + l : l * n + j)];
    }
  }
  return y;
}

type Sides = readonly [transposeA: boolean, transposeB: boolean];
const ALL: readonly Sides[] = [[false, false], [true, false], [false, true], [true, true]];
const PLAIN: readonly Sides[] = [[false, false]];
const none: number[] = [];

const CASES = [
  { outer: [none, none], mkn: [1, 1, 1], sides: PLAIN },
  { outer: [none, none], mkn: [5, 7, 9], sides: ALL },
  { outer: [none, none], mkn: [12, 9, 20], sides: ALL },
  { outer: [none, none], mkn: [36, 301, 10], sides: [[false, false], [false, true]] }, // three slices
  { outer: [[3], [3]], mkn: [4, 5, 8], sides: PLAIN },
  { outer: [[2, 2], [1, 1]], mkn: [3, 130, 4], sides: PLAIN },
  { outer: [[1], [2]], mkn: [9, 4, 5], sides: PLAIN },
];

for (const { outer, mkn: [m, k, n], sides } of CASES) {
  for (const [transposeA, transposeB] of sides) {
    const a = [...outer[0], ...(transposeA ? [k, m] : [m, k])];
    const b = [...outer[1], ...(transposeB ? [n, k] : [k, n])];
    const inputs = [a, b].map((shape, i) => ({
      shape,
      values: values(i, tf.util.sizeFromShape(shape)),
    }));
    const batches = outer.map((shape) => tf.util.sizeFromShape(shape));
    const name = `[${a}]${transposeA ? "ᵀ" : ""}·[${b}]${transposeB ? "ᵀ" : ""}`;

    testOnWebgpu(
      `a product and its gradients are the sums they mean: ${name}`,
      (device) =>
        checkKernel(device, {
          inputs,
          run: (a, b) => tf.matMul(a, b, transposeA, transposeB),
          reference: (a, b) => reference(batches, [m, k, n], [transposeA, transposeB], a, b),
          tolerance: 1e-5,
          backward: k < 10 && batches[0] === batches[1],
        }),
    );
  }
}

for (const [m, k, n] of [[5, 7, 9], [6, 300, 12], [3, 300, 5]]) {
  for (const activation of ["linear", "relu"] as const) {
    testOnWebgpu(
      `a fused product [${m}, ${k}, ${n}] adds its bias, then is ${activation}`,
      (device) =>
        checkKernel(device, {
          inputs: [[m, k], [k, n], [n]].map((shape, i) => ({
            shape,
            values: values(i, tf.util.sizeFromShape(shape)),
          })),
          run: (a, b, bias) =>
            tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias, activation }),
          reference: (a, b, bias) =>
            reference([1, 1], [m, k, n], [false, false], a, b).map((sum, i) => {
              const y = sum + bias[i % n];
              return activation === "relu" ? Math.max(y, 0) : y;
            }),
          tolerance: 1e-5,
          backward: k < 10,
        }),
    );
  }
}

testOnWebgpu("a product has the same bits by any tile", async () => {
  const backend = webgpuBackend(tf.backend());
  for (const [[m, k, n], transposeA] of [[[21, 300, 20], true], [[20, 9, 10], false]] as const) {
    const a = tf.tensor(values(1, m * k), transposeA ? [k, m] : [m, k]);
    const b = tf.tensor(values(2, k * n), [k, n]);
    const shape = matMulShape(a.shape, b.shape, { transposeA, transposeB: false })!;
    const results: Float32Array[] = [];
    for (const tile of matMulTiles(shape)) {
      const y = tf.engine().makeTensorFromTensorInfo(
        product(backend, a, b, undefined, shape, tile),
      );
      results.push(await y.data<"float32">());
      y.dispose();
    }
    tf.dispose([a, b]);
    for (const result of results) assertEquals(result, results[0]);
  }
});

testOnWebgpu("a product of several slices leaves nothing on the device but itself", () => {
  const a = tf.ones<tf.Rank.R2>([3, 300]), b = tf.ones<tf.Rank.R2>([300, 5]);
  const before = tf.backend().numDataIds();
  const y = tf.matMul(a, b);
  assertEquals(tf.backend().numDataIds(), before + 1);
  tf.dispose([a, b, y]);
});

testOnWebgpu("a product that is NaN is still NaN after the activation", async () => {
  const a = tf.tensor2d([NaN, 1, -1], [3, 1]), b = tf.ones<tf.Rank.R2>([1, 1]);
  const y = tf.fused.matMul({ a, b, activation: "relu" });
  assertEquals([...await y.data()], [NaN, 1, 0]);
  tf.dispose([a, b, y]);
});

testOnWebgpu("other activations run on the stock kernel", async () => {
  const a = tf.fill<tf.Rank.R2>([2, 2], 4), b = tf.ones<tf.Rank.R2>([2, 2]);
  const y = tf.fused.matMul({ a, b, activation: "relu6" });
  assertEquals([...await y.data()], [6, 6, 6, 6]);
  tf.dispose([a, b, y]);
});

/** float16 on the device against JavaScript's own. */
import { assert, assertEquals } from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { emptyHalf, toFloat, toHalf } from "../../../../lib/kernels/webgpu/half.ts";
import { isHalf } from "../../../../lib/kernels/webgpu/half_storage.ts";
import { setMixed } from "../../../../lib/kernels/webgpu/mixed.ts";
import { webgpuBackend } from "../../../../lib/kernels/webgpu/program.ts";
import { rng } from "../../../../lib/random.ts";
import { testOnWebgpu } from "../../../support/devices.ts";

const EDGES = [
  0,
  -0,
  1 + 2 ** -11,
  1 + 3 * 2 ** -11,
  65504,
  65519,
  65520,
  -1e6,
  2 ** -24,
  2 ** -25,
];

function testOnHalf(
  name: string,
  fn: (backend: WebGPUBackend, t: typeof tf) => void | Promise<void>,
) {
  testOnWebgpu(name, async ({ tf }) => {
    const backend = webgpuBackend(tf.backend());
    if (backend.device.features.has("shader-f16")) await fn(backend, tf);
  });
}

/** The values as float16, as JavaScript rounds them. */
const rounded = (values: Iterable<number>) => Float32Array.from(new Float16Array([...values]));

for (const size of [1, 7, 64, 1030]) {
  testOnHalf(
    `${size} values are rounded to the nearest float16 and come back`,
    async (backend, tf) => {
      const random = rng(1, size);
      const values = Float32Array.from(
        { length: size },
        (_, i) => EDGES[i] ?? 10 * random.normal(),
      );
      const x = tf.tensor1d(values);
      const half = toHalf(backend, x);
      assert(isHalf(half) && !isHalf(x));
      assertEquals(half.shape, [size]);
      const float = toFloat(backend, half);
      assertEquals(await backend.read(float.dataId), rounded(values));
      for (const { dataId } of [half, float]) {
        backend.disposeData(dataId);
      }
      x.dispose();
    },
  );
}

testOnHalf("a tensor of float16 takes half the memory", (backend) => {
  const before = backend.numDataIds();
  const half = emptyHalf(backend, [3, 5]);
  const { shape } = backend.tensorMap.get(half.dataId);
  assertEquals(shape, [8]);
  backend.disposeData(half.dataId);
  assertEquals(backend.numDataIds(), before);
});

testOnHalf(
  "any kernel takes a tensor of float16 as it takes one of float32",
  async (backend, tf) => {
    const values = [1, 2.5, -3, 4, 5, 6];
    const x = tf.tensor2d(values, [2, 3]);
    const half = tf.engine().makeTensorFromTensorInfo(toHalf(backend, x)) as tf.Tensor2D;
    const before = tf.memory().numTensors;
    const compute = (x: tf.Tensor2D) =>
      tf.tidy(() => [
        x.add(x),
        x.reshape([3, 2]).sum(0),
        x.matMul(x, true),
        tf.fused.matMul({ a: x, b: x, transposeA: true, activation: "relu" }),
        tf.concat([x, x, tf.ones([1, 3])]),
      ]);
    const results = compute(half), expected = compute(x);
    for (const [i, result] of results.entries()) {
      assertEquals(await result.data(), await expected[i].data());
    }
    tf.dispose([results, expected]);
    assertEquals(tf.memory().numTensors, before);
    tf.dispose([x, half]);
  },
);

testOnHalf("in mixed precision operands are rounded and sums are not", async (backend, tf) => {
  const random = rng(2);
  const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
  const a = tf.tensor2d(draw(9 * 130), [9, 130]);
  const b = tf.tensor2d(draw(130 * 5), [130, 5]);
  const image = tf.tensor4d(draw(2 * 6 * 6 * 3), [2, 6, 6, 3]);
  const filter = tf.tensor4d(draw(3 * 3 * 3 * 4), [3, 3, 3, 4]);
  const operands = [a, b, image, filter];
  const compute = ([a, b, image, filter]: tf.Tensor[]) => {
    const conv = (filter: tf.Tensor, image: tf.Tensor) =>
      tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 2, "same").sum().asScalar();
    return tf.tidy(() => [
      tf.matMul(a, b),
      tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 1, "same"),
      ...tf.grads(conv)([filter, image]),
    ]);
  };
  setMixed(backend, true);
  const mixed = compute(operands);
  setMixed(backend, false);
  const ready = await Promise.all(operands.map(async (x) => {
    return tf.tensor(rounded(await x.data()), x.shape);
  }));
  const expected = compute(ready);
  for (const [i, result] of mixed.entries()) {
    assertEquals(await result.data(), await expected[i].data(), `result ${i}`);
  }
  tf.dispose([operands, mixed, ready, expected]);
});

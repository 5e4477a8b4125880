/** float16 on the device against JavaScript's own. */
import { assert, assertEquals } from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { emptyHalf, setMixed, toFloat, toHalf } from "../../../../lib/kernels/webgpu/mixed.ts";
import { isHalf } from "../../../../lib/kernels/webgpu/half_storage.ts";
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
  const floats = tf.tidy(() => mixed.map((result) => result.add(0)));
  // Images are rounded, sums of products and weights' gradients are not.
  const areImages = [false, true, false, true];
  for (const [i, result] of floats.entries()) {
    const whole = await expected[i].data();
    assertEquals(await result.data(), areImages[i] ? rounded(whole) : whole, `result ${i}`);
  }
  tf.dispose(floats);
  tf.dispose([operands, mixed, ready, expected]);
});

/** Kernels of ours that take float16 and give it, on tensors of these shapes. */
const KERNELS: [name: string, inputs: Record<string, number[]>, attrs: object][] = [
  ["BatchNormTraining", {
    x: [2, 5, 3, 8],
    gamma: [8],
    beta: [8],
    runningMean: [8],
    runningVariance: [8],
  }, { epsilon: 1e-5, relu: true, momentum: 0.1 }],
  [
    "BatchNormTrainingGrad",
    { x: [9, 5], dy: [9, 5], gamma: [5], beta: [5], mean: [5], variance: [5] },
    { epsilon: 1e-5, relu: false },
  ],
  ["BatchNormInference", {
    x: [3, 7],
    gamma: [7],
    beta: [7],
    mean: [7],
    variance: [7],
    residual: [3, 7],
  }, { epsilon: 1e-5, relu: true }],
  [
    "BatchNormTrainingGrad",
    { x: [9, 8], y: [9, 8], dy: [9, 8], gamma: [8], beta: [8], mean: [8], variance: [8] },
    { epsilon: 1e-5, relu: true },
  ],
];

for (const [name, shapes, attrs] of KERNELS) {
  testOnHalf(`${name} of float16 is that of float32, rounded`, async (backend, tf) => {
    const random = rng(4);
    const image = new Set(["x", "dy", "y", "residual"]);
    const floats: Record<string, tf.Tensor> = {}, halves: Record<string, tf.Tensor> = {};
    for (const [input, shape] of Object.entries(shapes)) {
      const size = tf.util.sizeFromShape(shape);
      const values = rounded(Float32Array.from({ length: size }, () => Math.abs(random.normal())));
      floats[input] = tf.tensor(values, shape);
      halves[input] = tf.tensor(values, shape);
      if (!image.has(input)) continue;
      const half = toHalf(backend, floats[input]);
      halves[input].dispose();
      halves[input] = tf.engine().makeTensorFromTensorInfo(half);
    }
    const run = (inputs: Record<string, tf.Tensor>) =>
      [tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, inputs, { ...attrs })].flat();
    const actual = run(halves), expected = run(floats);
    assert(isHalf(actual[0]));
    const wholes = actual.map((output) => output.add(0));
    for (const [i, output] of expected.entries()) {
      const values = await output.data<"float32">();
      assertEquals(await wholes[i].data(), isHalf(actual[i]) ? rounded(values) : values);
    }
    tf.dispose([floats, halves, actual, expected, wholes]);
  });
}

testOnHalf("in mixed precision the images of convolutions are float16", (backend, tf) => {
  const x = tf.ones<tf.Rank.R4>([1, 4, 4, 2]), filter = tf.ones<tf.Rank.R4>([3, 3, 2, 3]);
  setMixed(backend, true);
  const y = tf.conv2d(x, filter, 1, "same");
  const dx = tf.conv2dTranspose(y, filter, [1, 4, 4, 2], 1, "same");
  setMixed(backend, false);
  assert(isHalf(y) && isHalf(dx));
  tf.dispose([x, filter, y, dx]);
});

/** Batch normalization by kernels, against the float64 reference. */
import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { webgpuBackend } from "../../../../lib/kernels/webgpu/program.ts";
import {
  batchNormInference,
  batchNormTraining,
  type Running,
} from "../../../../lib/nn/batch_norm_functions.ts";
import { rng } from "../../../../lib/random.ts";
import { checkKernel } from "../../../support/check_kernel.ts";
import { testOnWebgpu } from "../../../support/devices.ts";
import { assertClose, batchNorm, normalize, statistics } from "../../nn/reference.ts";
import { runningStatistics } from "../../nn/running_statistics.ts";

/** Channels by ones and by fours, fewer and more than a workgroup's; rows of one walk and of many. */
const SHAPES = [[3, 1], [1, 1, 3, 5], [3, 260], [5, 3, 3, 65], [70, 3], [300, 8], [33, 9, 7, 4]];
const EPSILON = 1e-5;

for (const name of ["", " with ReLU", " with residual and ReLU"]) {
  const relu = name === " with ReLU";
  const inputs = (shape: number[]) => {
    const [x, gamma, beta, residual] = example(shape);
    return name.includes("residual") ? [x, gamma, beta, residual] : [x, gamma, beta];
  };
  testOnWebgpu(`training${name} and its gradient are those of float64`, async (device) => {
    for (const shape of SHAPES) {
      const { running, dispose } = runningStatistics(shape.at(-1)!);
      await checkKernel(device, {
        inputs: inputs(shape),
        run: (x, gamma, beta, residual) =>
          batchNormTraining(x, { gamma, beta, epsilon: EPSILON, relu, residual }, running),
        reference: (x, gamma, beta, residual) => ended(batchNorm(x, gamma, beta), relu, residual),
        tolerance: 1e-4,
      });
      dispose();
    }
  });

  testOnWebgpu(`evaluation${name} and its gradient are those of float64`, async (device) => {
    for (const shape of SHAPES) {
      const random = rng(3, shape.at(-1)!);
      const mean = Float32Array.from({ length: shape.at(-1)! }, () => random.normal());
      const variance = mean.map((m) => 0.5 + m * m);
      const given = [tf.tensor1d(mean), tf.tensor1d(variance)];
      await checkKernel(device, {
        inputs: inputs(shape),
        run: (x, gamma, beta, residual) =>
          batchNormInference(x, given[0], given[1], {
            gamma,
            beta,
            epsilon: EPSILON,
            relu,
            residual,
          }),
        reference: (x, gamma, beta, residual) =>
          ended(normalize(x, mean, variance, gamma, beta), relu, residual),
        tolerance: 1e-4,
      });
      tf.dispose(given);
    }
  });
}

testOnWebgpu("a mean far from zero, or an outlier, costs no digits of the variance", async () => {
  const shape = [40, 5, 5, 6], rows = 1000;
  for (const outlier of [undefined, 1e6]) {
    const [{ values }] = example(shape, 1e4);
    if (outlier !== undefined) values[0] = outlier;
    const { running, dispose } = runningStatistics(6);
    tf.tidy(() => train(tf.tensor(values, shape), running));
    const expected = statistics(values, 6);
    const mean = await running.mean.read().data(), variance = await running.variance.read().data();
    for (const [c, v] of expected.variance.entries()) {
      const allowed = Math.max(1e-7 * expected.mean[c], 5e-6 * Math.sqrt(v));
      assertAlmostEquals(mean[c], expected.mean[c], allowed);
      const relative = variance[c] / (v * rows / (rows - 1)) - 1;
      assert(Math.abs(relative) < 1e-6, `the variance ${variance[c]} of channel ${c} is not ${v}`);
    }
    dispose();
  }
});

testOnWebgpu("no pass binds more tensors than the eight that any adapter can bind", () => {
  const { running, dispose } = runningStatistics(6);
  const { device } = webgpuBackend(tf.backend());
  const create = device.createBindGroup;
  const counts: number[] = [];
  device.createBindGroup = (descriptor) => {
    counts.push([...descriptor.entries].length - 1); // one holds the uniforms
    return create.call(device, descriptor);
  };
  try {
    const [{ values, shape }] = example([40, 5, 5, 6]);
    tf.tidy(() => tf.grad((x) => train(train(x, running), running, x))(tf.tensor(values, shape)));
  } finally {
    device.createBindGroup = create;
  }
  assert(counts.length > 4);
  assertEquals(counts.filter((count) => count > 8), []);
  dispose();
});

testOnWebgpu("training twice gives the same bits", async () => {
  const { running, dispose } = runningStatistics(6);
  const [{ values, shape }] = example([40, 5, 5, 6]);
  const read = async () => {
    const y = tf.tidy(() => train(tf.tensor(values, shape), running));
    const bits = await y.data();
    y.dispose();
    return bits;
  };
  const first = await read();
  assert(first.every((y) => y !== 0));
  assertEquals(await read(), first);
  dispose();
});

testOnWebgpu("a copy that shares the running statistics' data keeps its values", async () => {
  const { running, dispose } = runningStatistics(3);
  const [{ values, shape }] = example([20, 3]);
  const copies = [running.mean.read().clone(), running.variance.read().clone()];
  tf.tidy(() => train(tf.tensor(values, shape), running));
  assertEquals([...await copies[0].data()], [0, 0, 0]);
  assertEquals([...await copies[1].data()], [1, 1, 1]);
  assertClose(await running.mean.read().data(), statistics(values, 3).mean, 1e-5);
  tf.dispose(copies);
  dispose();
});

function train(x: tf.Tensor, running: Running, residual?: tf.Tensor): tf.Tensor {
  const channels = x.shape.at(-1)!;
  const gamma = tf.ones([channels]), beta = tf.zeros([channels]);
  return batchNormTraining(x, { gamma, beta, epsilon: EPSILON, relu: false, residual }, running);
}

/** x, γ, β and a residual, rounded to float32. */
function example(shape: number[], mean = 0.4) {
  const random = rng(5, ...shape);
  const draw = (shape: number[], mean: number, std: number) => ({
    shape,
    values: Array.from(
      { length: shape.reduce((a, b) => a * b) },
      () => Math.fround(mean + std * random.normal()),
    ),
  });
  const channels = shape.slice(-1);
  return [
    draw(shape, mean, 2),
    draw(channels, 1, 0.5),
    draw(channels, 0, 1),
    draw(shape, 0, 1),
  ];
}

function ended(y: Float64Array, relu: boolean, residual?: Float64Array): Float64Array {
  return relu || residual ? y.map((y, i) => Math.max(y + (residual?.[i] ?? 0), 0)) : y;
}

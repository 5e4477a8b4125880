/**
 * How fast a device trains: the time of one small step of what training consists of.
 *
 * @module
 */
import { convNet } from "../nn/conv_net.ts";
import { projectionHead } from "../nn/projection_head.ts";
import { rng } from "../random.ts";
import { embed, networkParameters } from "../train/network.ts";
import { makeOptimizer } from "../train/optimizer.ts";
import type { Device } from "./device.ts";

/** To be raised when the step or a device's kernels change, so that old measurements are not used. */
export const PROBE_VERSION = 2;

const IMAGES = 256, SIZE = 28;
/** Steps are repeated until this many milliseconds are spent. */
const BUDGET = 500;

/**
 * Times a step on 256 images 28×28: three convolutions 3×3 with batch norm and ReLU, the projection
 * head, similarities, all gradients, and Adam. The first step compiles, and does not count.
 *
 * @returns milliseconds of the fastest step
 * @throws {DeviceError} where the device fails
 */
export async function timeStep(device: Device): Promise<number> {
  const { tf } = device;
  await tf.setBackend(device.backend);
  const layers = [{ width: 16, stride: 2 }, { width: 32, stride: 2 }, { width: 64, stride: 1 }];
  const encoder = { model: convNet(1, layers, rng(0)), dim: 64, anySize: true };
  const head = projectionHead(encoder.dim, 64, 0);
  const network = { encoder, head, unitRows: true };
  const parameters = networkParameters(network);
  const optimizer = makeOptimizer(parameters, { optimizer: "adam", weightDecay: 0, momentum: 0 });
  const x = tf.randomNormal([IMAGES, SIZE, SIZE, 1], 0, 1, "float32", 0);
  const loss = () => {
    const z = embed(network, x);
    return tf.logSumExp(z.matMul(z, false, true), 1).mean().asScalar();
  };
  const step = async () => {
    const { value, grads } = tf.variableGrads(loss, [...parameters.values()]);
    optimizer.step(grads, 1e-3);
    await value.data();
    tf.dispose([value, grads]);
  };
  let best = Infinity;
  try {
    await step();
    for (let spent = 0; spent < BUDGET;) {
      const start = performance.now();
      await step();
      const elapsed = performance.now() - start;
      spent += elapsed;
      best = Math.min(best, elapsed);
    }
  } finally {
    x.dispose();
    optimizer.dispose();
    head.dispose();
    encoder.model.dispose();
  }
  device.check();
  return best;
}

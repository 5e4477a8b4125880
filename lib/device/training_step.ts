/**
 * One step of what training consists of, to be timed.
 *
 * @module
 */
import { projectionHead } from "../nn/projection_head.ts";
import type { Encoder } from "../plugin.ts";
import { embed, networkParameters } from "../train/network.ts";
import { makeOptimizer } from "../train/optimizer.ts";
import type { Device } from "./device.ts";

/** Steps are repeated until this many milliseconds are spent. */
const BUDGET = 500;

/**
 * Times a step on random images: encoder, projection head, similarities, all gradients, and Adam. The
 * first step compiles, and does not count. Frees the encoder.
 *
 * @param shape of the images, [n, h, w, channels]
 * @returns milliseconds of the fastest step
 * @throws {DeviceError} where the device fails
 */
export async function timeTrainingStep(
  device: Device,
  encoder: Encoder,
  shape: [number, number, number, number],
): Promise<number> {
  const { tf } = device;
  const head = projectionHead(encoder.dim, 64, 0);
  const network = { encoder, head, unitRows: true };
  const parameters = networkParameters(network);
  const optimizer = makeOptimizer(parameters, { optimizer: "adam", weightDecay: 0, momentum: 0 });
  const x = tf.randomNormal(shape, 0, 1, "float32", 0);
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

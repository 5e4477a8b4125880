/**
 * How fast a device trains: the time of one small step, forward and backward.
 *
 * @module
 */
import type { Device } from "./device.ts";

/** To be raised when the step or a device's kernels change, so that old measurements are not used. */
export const PROBE_VERSION = 1;

const IMAGES = 16;
/** Steps are repeated until this many milliseconds are spent; one that takes more stays alone. */
const BUDGET = 500, LONG = 1500;

/**
 * Times forward and backward of two convolutions 1 → 16 → 32 (3×3, the second with stride 2) on 16
 * images 28×28. The first step compiles, and counts only where it takes so long that it stays alone.
 *
 * @returns milliseconds of the fastest step
 * @throws {DeviceError} where the device fails
 */
export async function timeStep(device: Device): Promise<number> {
  const { tf } = device;
  await tf.setBackend(device.backend);
  const ramp = (length: number) => tf.linspace(-1, 1, length);
  const x = tf.tidy(() => ramp(IMAGES * 28 * 28).as4D(IMAGES, 28, 28, 1));
  const weights = [ramp(3 * 3 * 16), ramp(3 * 3 * 16 * 32)];
  const gradients = tf.grads((first, second) => {
    const hidden = tf.relu(tf.conv2d(x, first.as4D(3, 3, 1, 16), 1, "same"));
    return tf.conv2d(hidden, second.as4D(3, 3, 16, 32), 2, "same").square().mean();
  });
  let best = Infinity, spent = 0;
  for (let step = 0; step < 2 || spent < BUDGET; step++) {
    const start = performance.now();
    const results = gradients(weights);
    await Promise.all(results.map((result) => result.data()));
    const elapsed = performance.now() - start;
    tf.dispose(results);
    spent += elapsed;
    if (step > 0 || elapsed > LONG) best = Math.min(best, elapsed);
    if (best > LONG && best < Infinity) break;
  }
  tf.dispose([x, weights]);
  device.check();
  return best;
}

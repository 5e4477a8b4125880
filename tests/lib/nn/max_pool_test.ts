import type { WindowAttributes } from "../../../lib/kernels/calls.ts";
import { maxPool } from "../../../lib/nn/pools.ts";
import { rng } from "../../../lib/random.ts";
import { checkKernel } from "../../support/check_kernel.ts";
import { testOnDevices } from "../../support/devices.ts";

const CASES: [[number, number, number, number], WindowAttributes][] = [
  [[1, 1, 1, 1], { size: 3, stride: 2, padding: 1 }],
  [[2, 4, 4, 8], { size: 3, stride: 2, padding: 1 }],
  [[3, 7, 5, 3], { size: 3, stride: 2, padding: 1 }],
  [[2, 6, 9, 4], { size: 2, stride: 2, padding: 0 }],
  [[1, 5, 6, 20], { size: 3, stride: 1, padding: 1 }],
  [[2, 8, 7, 5], { size: 2, stride: 3, padding: 1 }],
];

testOnDevices("maxima of windows are those of float64, and their gradient", async (device) => {
  for (const [shape, windows] of CASES) {
    const random = rng(10, ...shape);
    const length = shape.reduce((a, b) => a * b);
    // No zeros and no two that are equal, where finite differences would see a kink.
    const values = Array.from(
      { length },
      (_, i) => Math.fround(0.01 * i + 1 + random.normal() ** 2),
    );
    await checkKernel(device, {
      inputs: [{ shape, values }],
      run: (x) => maxPool(x.as4D(...shape), windows),
      reference: (x) => maxima(x, shape, windows),
      tolerance: 1e-6,
      // The wasm backend has no gradient of a maximum.
      backward: device.name === "webgpu",
    });
  }
});

/** Written from the definition. */
function maxima(
  x: ArrayLike<number>,
  [batch, height, width, channels]: readonly number[],
  { size, stride, padding }: WindowAttributes,
): number[] {
  const y: number[] = [];
  for (let image = 0; image < batch; image++) {
    for (let top = -padding; top + size <= height + padding; top += stride) {
      for (let left = -padding; left + size <= width + padding; left += stride) {
        for (let channel = 0; channel < channels; channel++) {
          let best = -Infinity;
          for (let i = 0; i < size * size; i++) {
            const row = top + Math.floor(i / size), column = left + i % size;
            if (row < 0 || column < 0 || row >= height || column >= width) continue;
            best = Math.max(
              best,
              x[((image * height + row) * width + column) * channels + channel],
            );
          }
          y.push(best);
        }
      }
    }
  }
  return y;
}

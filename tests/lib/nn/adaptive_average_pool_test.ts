import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { AdaptiveAveragePool } from "../../../lib/nn/pools.ts";
import { testOnDevices } from "../../support/devices.ts";
import { assertClose } from "./reference.ts";

/** PyTorch's definition, cell by cell. */
function reference(x: ArrayLike<number>, [b, h, w, c]: number[], size: number): number[] {
  const result: number[] = [];
  for (let image = 0; image < b; image++) {
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        for (let channel = 0; channel < c; channel++) {
          let sum = 0, count = 0;
          for (let y = Math.floor(row * h / size); y < Math.ceil((row + 1) * h / size); y++) {
            for (
              let z = Math.floor(column * w / size);
              z < Math.ceil((column + 1) * w / size);
              z++
            ) {
              sum += x[((image * h + y) * w + z) * c + channel];
              count++;
            }
          }
          result.push(sum / count);
        }
      }
    }
  }
  return result;
}

for (
  const [shape, size] of [
    [[2, 4, 4, 3], 2],
    [[2, 3, 5, 3], 2],
    [[1, 7, 7, 2], 3],
    [[1, 1, 1, 2], 2],
    [[2, 5, 4, 1], 1],
  ] as [[number, number, number, number], number][]
) {
  testOnDevices(`images of ${shape} pool to ${size}×${size} cells as in PyTorch`, async () => {
    const layer = new AdaptiveAveragePool({ size });
    const x = tf.tidy(() => tf.range(0, tf.util.sizeFromShape(shape)).square().reshape(shape));
    const values = await x.data();
    const { value, grad } = tf.tidy(() => {
      const apply = (x: tf.Tensor) => layer.apply(x) as tf.Tensor;
      const output = apply(x);
      const direction = tf.range(1, output.size + 1).reshape(output.shape);
      return {
        value: output,
        grad: tf.grad((x) => apply(x).mul(direction).sum())(x),
      };
    });
    const features = await value.data();
    assertEquals(value.shape, [shape[0], size * size * shape[3]]);
    assertClose(features, reference(values, shape, size), 1e-6);
    // The layer is linear: ⟨∂, x⟩ is the direction's product with the features.
    const gradient = await grad.data();
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
    const direction = features.map((_, i) => i + 1);
    assertClose([dot(gradient, values)], [dot(direction, features)], 1e-5);
    tf.dispose([x, value, grad]);
  });
}

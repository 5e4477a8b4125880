/**
 * Means over parts of images, with their gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, withGradient } from "../kernels/calls.ts";

/**
 * Means of x [b, h, w, c] over the cells of a size × size grid: [b, size·size·c], row by row. Cell i
 * of an axis of length n is ⌊i·n/size⌋ … ⌈(i+1)·n/size⌉ − 1.
 */
export function averagePool(x: tf.Tensor, size: number): tf.Tensor {
  if (!hasKernel("AdaptiveAveragePool")) return tf.tidy(() => composed(x, size));
  const { shape } = x;
  return withGradient([x], () => ({
    value: runKernel("AdaptiveAveragePool", { x }, { size })[0],
    gradFunc: (dy) => runKernel("AdaptiveAveragePoolGrad", { dy }, { size, shape }),
  }));
}

function composed(x: tf.Tensor, size: number): tf.Tensor {
  if (size === 1) return x.mean([1, 2]);
  const [batch, height, width, channels] = x.shape;
  const means = cells(height, size).flatMap(([top, h]) =>
    cells(width, size).map(([left, w]) =>
      x.slice([0, top, left, 0], [batch, h, w, channels]).mean<tf.Tensor2D>([1, 2])
    )
  );
  return tf.concat(means, 1);
}

/** Start and length of the cells of an axis of length n. */
function cells(n: number, size: number): [number, number][] {
  return Array.from({ length: size }, (_, i) => {
    const start = Math.floor(i * n / size);
    return [start, Math.ceil((i + 1) * n / size) - start];
  });
}

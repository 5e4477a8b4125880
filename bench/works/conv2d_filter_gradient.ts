/** The gradient of a convolution with respect to its filter. */
import * as tf from "@tensorflow/tfjs";
import type { Comparison, Work } from "../support/paired.ts";

/** Square images and filters, padded as `same`. */
function comparison(
  [batch, side, channels]: readonly [number, number, number],
  [filter, columns]: readonly [number, number],
  stride: number,
  target?: number,
): Comparison {
  const work: Work = () => {
    const out = Math.ceil(side / stride);
    const x = tf.randomNormal([batch, side, side, channels]);
    const dy = tf.randomNormal([batch, out, out, columns]);
    const attrs = {
      strides: stride,
      pad: "same",
      dataFormat: "NHWC",
      filterShape: [filter, filter, channels, columns],
    };
    return () => tf.engine().runKernel<tf.Tensor>("Conv2DBackpropFilter", { x, dy }, attrs);
  };
  const images = `${batch}×${side}×${side}×${channels} → ${columns}`;
  const what = `filter gradient, ${images}, ${filter}×${filter}, stride ${stride}`;
  return { what, target, stock: work, ours: work };
}

/** The shape of the target, the encoder `conv`'s on 32×32×3, and some of ResNet-18's. */
export const comparisons: Comparison[] = [
  comparison([64, 32, 32], [3, 32], 1, 5),
  comparison([128, 32, 3], [3, 16], 1),
  comparison([128, 32, 16], [3, 32], 2),
  comparison([128, 16, 32], [3, 64], 2),
  comparison([128, 8, 64], [3, 128], 2),
  comparison([32, 16, 128], [3, 128], 1),
  comparison([32, 32, 64], [1, 128], 2),
  comparison([8, 96, 3], [7, 64], 2),
];

/** Convolution, and its gradient with respect to the images. */
import * as tf from "@tensorflow/tfjs";
import type { Comparison, Work } from "../support/paired.ts";

type Images = readonly [batch: number, side: number, channels: number];
type Filter = readonly [side: number, columns: number];

/** Square images and filters, padded by half of the filter on all sides. */
function comparison(
  kernel: "Conv2D" | "Conv2DBackpropInput",
  [batch, side, channels]: Images,
  [size, columns]: Filter,
  stride: number,
  target?: number,
): Comparison {
  const work: Work = () => {
    const before = size >> 1, out = Math.ceil(side / stride);
    const pad = [[0, 0], [before, before], [before, before], [0, 0]];
    const inputShape = [batch, side, side, channels];
    const filter = tf.randomNormal([size, size, channels, columns]);
    const attrs = { strides: stride, pad, dilations: 1, dataFormat: "NHWC", inputShape };
    const inputs: tf.NamedTensorMap = kernel === "Conv2D"
      ? { x: tf.randomNormal(inputShape), filter }
      : { dy: tf.randomNormal([batch, out, out, columns]), filter };
    return () => tf.engine().runKernel<tf.Tensor>(kernel, inputs, attrs);
  };
  const name = kernel === "Conv2D" ? "convolution" : "input gradient";
  const images = `${batch}×${side}×${side}×${channels} → ${columns}`;
  const what = `${name}, ${images}, ${size}×${size}, stride ${stride}`;
  return { what, target, stock: work, ours: work };
}

/** The shape of the target, the encoder `conv`'s on 32×32×3, and some of ResNet-18's. */
export const comparisons: Comparison[] = [
  comparison("Conv2D", [64, 32, 32], [3, 32], 1, 1.5),
  comparison("Conv2DBackpropInput", [64, 32, 32], [3, 32], 1, 1.5),
  comparison("Conv2D", [128, 32, 3], [3, 16], 1),
  comparison("Conv2D", [128, 32, 16], [3, 32], 2),
  comparison("Conv2DBackpropInput", [128, 32, 16], [3, 32], 2),
  comparison("Conv2D", [128, 8, 64], [3, 128], 2),
  comparison("Conv2DBackpropInput", [128, 8, 64], [3, 128], 2),
  comparison("Conv2D", [32, 16, 128], [3, 128], 1),
  comparison("Conv2DBackpropInput", [32, 16, 128], [3, 128], 1),
  comparison("Conv2D", [32, 4, 512], [3, 512], 1),
  comparison("Conv2D", [32, 32, 64], [1, 128], 2),
  comparison("Conv2DBackpropInput", [32, 32, 64], [1, 128], 2),
  comparison("Conv2D", [8, 96, 3], [7, 64], 2),
];

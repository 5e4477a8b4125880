/**
 * The two per-channel operations batch normalisation is made of, in the forms that are fastest with
 * the kernels TensorFlow.js ships: a mean by average pooling (`sum` over the leading axes would
 * transpose first) and an affine map by a 1×1 depthwise convolution (a broadcast `mul` and `add`
 * write twice, and the WebGPU ones index slowly). Neither is meant to be differentiated.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * The mean of every channel: x [rows, c] or [batch, h, w, c] → [c]. Images are averaged first and
 * then their means, so that rounding errors grow with h·w + batch and not with their product.
 */
export function channelMean(x: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => {
    const images = asImages(x);
    const [batch, height, width, channels] = images.shape;
    const means = tf.avgPool(images, [height, width], 1, "valid");
    if (batch === 1) return means.reshape([channels]);
    return tf.avgPool(means.reshape<tf.Tensor4D>([1, batch, 1, channels]), [batch, 1], 1, "valid")
      .reshape([channels]);
  });
}

/** x·scale + shift with scale and shift [c], for x [rows, c] or [batch, h, w, c]. */
export function channelAffine(x: tf.Tensor, scale: tf.Tensor, shift?: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    tf.fused.depthwiseConv2d({
      x: asImages(x),
      filter: scale.reshape([1, 1, scale.size, 1]),
      strides: 1,
      pad: "valid",
      bias: shift,
    }).reshape(x.shape)
  );
}

function asImages(x: tf.Tensor): tf.Tensor4D {
  const channels = x.shape[x.rank - 1];
  return x.reshape(x.rank === 4 ? x.shape : [1, x.size / channels, 1, channels]);
}

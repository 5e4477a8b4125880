/**
 * Batch normalization with its gradient in few passes (Ioffe & Szegedy 2015, arXiv:1502.03167).
 *
 * With the mean μ and the biased variance v of a channel over its m values, d = x − μ,
 * s = 1/√(v + ε) and ⟨·⟩ the mean over the m values:
 *
 *     y   = γ·s·d + β
 *     ∂β  = m·⟨∂y⟩,   ∂γ = m·s·⟨∂y·d⟩
 *     ∂x  = γ·s·(∂y − ⟨∂y⟩ − d·s²·⟨∂y·d⟩)
 *
 * d is computed before it is squared, so a mean far from zero costs no digits. It is computed again
 * for the gradient: keeping it would hold one more activation per layer.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, withGradient } from "../kernels/calls.ts";
import { copyOnWrite } from "./weights.ts";

/** What the channels are scaled and shifted by, and how. */
export interface BatchNormInputs {
  /** γ, [c]. */
  readonly gamma: tf.Tensor;
  /** β, [c]. */
  readonly beta: tf.Tensor;
  /** ε, added to the variance. */
  readonly epsilon: number;
  /** Whether max(y, 0) is taken. */
  readonly relu: boolean;
  /** Of the shape of x: y is max(normalized + residual, 0), the end of a residual block. */
  readonly residual?: tf.Tensor;
}

/** Statistics [c] that follow those of the batches. */
export interface Running {
  /** Follows μ. */
  readonly mean: tf.LayerVariable;
  /** Follows the unbiased variance v·m/(m − 1). */
  readonly variance: tf.LayerVariable;
  /** The share of the new value, 0 … 1, as PyTorch counts it. */
  readonly momentum: number;
}

/**
 * Normalizes by the statistics of the batch itself, and moves the running ones towards them.
 *
 * @param x [rows, c] or [batch, h, w, c], of two rows or more
 * @returns y, of the shape of x; first-order gradients flow to x, γ, β and the residual
 */
export function batchNormTraining(
  x: tf.Tensor,
  { gamma, beta, epsilon, relu, residual }: BatchNormInputs,
  running: Running,
): tf.Tensor {
  if (hasKernel("BatchNormTraining")) {
    const attrs = { epsilon, relu, momentum: running.momentum };
    const runningMean = writable(running.mean), runningVariance = writable(running.variance);
    const more: tf.NamedTensorMap = residual ? { residual } : {};
    return withGradient([x, gamma, beta, ...Object.values(more)], (save) => {
      const inputs = { x, gamma, beta, runningMean, runningVariance, ...more };
      const [value, mean, variance] = runKernel("BatchNormTraining", inputs, attrs);
      save([x, gamma, beta, mean, variance, ...(residual ? [value] : [])]);
      return {
        value,
        gradFunc: (dy, [x, gamma, beta, mean, variance, y]) => {
          const inputs = { dy, x, gamma, beta, mean, variance, ...(y ? { y } : {}) };
          return runKernel("BatchNormTrainingGrad", inputs, attrs);
        },
      };
    });
  }
  const rows = x.size / gamma.size;
  const y = withGradient([x, gamma, beta], (save) => {
    const mean = channelMean(x);
    const centered = channelAffine(x, tf.onesLike(mean), mean.neg());
    const variance = tf.tidy(() => channelMean(centered.square()));
    move(running.mean, mean, running.momentum);
    move(running.variance, variance.mul(rows / (rows - 1)), running.momentum);
    const inverseStd = variance.add(epsilon).rsqrt();
    const value = channelAffine(centered, gamma.mul(inverseStd), beta);
    save([x, gamma, mean, inverseStd]);
    return { value, gradFunc: gradientByBatch };
  });
  return ended(y, relu, residual);
}

/** What follows the normalization, by kernels of TensorFlow.js. */
function ended(y: tf.Tensor, relu: boolean, residual?: tf.Tensor): tf.Tensor {
  return residual ? y.add(residual).relu() : relu ? y.relu() : y;
}

/** The tensor of a variable, which is to be written. */
function writable(variable: tf.LayerVariable): tf.Tensor {
  copyOnWrite(variable.read(), (copy) => variable.write(copy));
  return variable.read();
}

function move(running: tf.LayerVariable, value: tf.Tensor, momentum: number): void {
  running.write(running.read().mul(1 - momentum).add(value.mul(momentum)));
}

function gradientByBatch(dy: tf.Tensor, [x, gamma, mean, inverseStd]: tf.Tensor[]): tf.Tensor[] {
  const rows = x.size / mean.size;
  const centered = channelAffine(x, tf.onesLike(mean), mean.neg());
  const meanDy = channelMean(dy);
  const meanDyCentered = tf.tidy(() => channelMean(dy.mul(centered)));
  const scale = gamma.mul(inverseStd);
  const slope = scale.mul(inverseStd.square()).mul(meanDyCentered).neg();
  const dx = tf.tidy(() =>
    channelAffine(dy, scale, scale.mul(meanDy).neg()).add(channelAffine(centered, slope))
  );
  centered.dispose();
  return [dx, meanDyCentered.mul(inverseStd).mul(rows), meanDy.mul(rows)];
}

/**
 * Normalizes by given statistics, which get no gradient: y = γ·(x − mean)/√(variance + ε) + β.
 *
 * @param x [rows, c] or [batch, h, w, c]
 * @returns y, of the shape of x; first-order gradients flow to x, γ, β and the residual
 */
export function batchNormInference(
  x: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  { gamma, beta, epsilon, relu, residual }: BatchNormInputs,
): tf.Tensor {
  const more: tf.NamedTensorMap = residual ? { residual } : {};
  const affine = () => {
    const scale = gamma.mul(variance.add(epsilon).rsqrt());
    return ended(channelAffine(x, scale, beta.sub(mean.mul(scale))), relu, residual);
  };
  return withGradient([x, gamma, beta, ...Object.values(more)], (save) => {
    const value = hasKernel("BatchNormInference")
      ? runKernel("BatchNormInference", { x, mean, variance, gamma, beta, ...more }, {
        epsilon,
        relu,
      })[0]
      : affine();
    save([x, gamma, mean, variance, value]);
    return {
      value,
      gradFunc: (dy, [x, gamma, mean, variance, value]) => {
        const passed = relu || residual ? dy.mul(value.step()) : dy;
        const inverseStd = variance.add(epsilon).rsqrt();
        const normalized = channelAffine(x, inverseStd, mean.mul(inverseStd).neg());
        const rows = x.size / mean.size;
        return [
          channelAffine(passed, gamma.mul(inverseStd)),
          channelMean(passed.mul(normalized)).mul(rows),
          channelMean(passed).mul(rows),
          ...(residual ? [passed] : []),
        ];
      },
    };
  });
}

// The two per-channel operations that batch normalization is made of on devices without a kernel for
// it, in the forms that are fastest with what TensorFlow.js ships: a mean by average pooling (`sum`
// over the leading axes would transpose first), and an affine map by a 1×1 depthwise convolution (a
// broadcast `mul` and `add` write twice, and the WebGPU ones index slowly).

/**
 * The mean of every channel: x [rows, c] or [batch, h, w, c] → [c]. Images are averaged first and
 * then their means, so that rounding errors grow with h·w + batch and not with their product.
 */
function channelMean(x: tf.Tensor): tf.Tensor1D {
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
function channelAffine(x: tf.Tensor, scale: tf.Tensor, shift?: tf.Tensor): tf.Tensor {
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

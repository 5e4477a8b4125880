/**
 * Batch normalisation with its gradient in few passes (Ioffe & Szegedy 2015, arXiv:1502.03167).
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
import { channelAffine, channelMean } from "./channels.ts";

/** Called during the forward pass with μ and v, both [c]; they are disposed afterwards. */
export type ObserveStatistics = (mean: tf.Tensor1D, variance: tf.Tensor1D) => void;

/**
 * Normalises by the statistics of the batch itself.
 *
 * @param x [rows, c] or [batch, h, w, c]
 * @param gamma γ, [c]
 * @param beta β, [c]
 * @returns y, of the shape of x; first-order gradients flow to x, γ and β
 */
export function normaliseByBatch(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
  observe: ObserveStatistics,
): tf.Tensor {
  return withGradient([x, gamma, beta], (save) => {
    const mean = channelMean(x);
    const centred = channelAffine(x, tf.onesLike(mean), mean.neg());
    const variance = tf.tidy(() => channelMean(centred.square()));
    observe(mean, variance);
    const inverseStd = variance.add(epsilon).rsqrt();
    const value = channelAffine(centred, gamma.mul(inverseStd), beta);
    save([x, gamma, mean, inverseStd]);
    return { value, gradFunc: gradientByBatch };
  });
}

function gradientByBatch(dy: tf.Tensor, [x, gamma, mean, inverseStd]: tf.Tensor[]): tf.Tensor[] {
  const rows = x.size / mean.size;
  const centred = channelAffine(x, tf.onesLike(mean), mean.neg());
  const meanDy = channelMean(dy);
  const meanDyCentred = tf.tidy(() => channelMean(dy.mul(centred)));
  const scale = gamma.mul(inverseStd);
  const slope = scale.mul(inverseStd.square()).mul(meanDyCentred).neg();
  const dx = tf.tidy(() =>
    channelAffine(dy, scale, scale.mul(meanDy).neg()).add(channelAffine(centred, slope))
  );
  centred.dispose();
  return [dx, meanDyCentred.mul(inverseStd).mul(rows), meanDy.mul(rows)];
}

/**
 * Normalises by given statistics, which get no gradient: y = γ·(x − mean)/√(variance + ε) + β.
 *
 * @param x [rows, c] or [batch, h, w, c]
 * @returns y, of the shape of x; first-order gradients flow to x, γ and β
 */
export function normaliseBy(
  x: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  return withGradient([x, gamma, beta], (save) => {
    const inverseStd = variance.add(epsilon).rsqrt();
    const scale = gamma.mul(inverseStd);
    save([x, scale, inverseStd, mean.clone()]);
    return {
      value: channelAffine(x, scale, beta.sub(mean.mul(scale))),
      gradFunc: (dy, [x, scale, inverseStd, mean]) => {
        const normalised = channelAffine(x, inverseStd, mean.mul(inverseStd).neg());
        const rows = x.size / mean.size;
        return [
          channelAffine(dy, scale),
          channelMean(dy.mul(normalised)).mul(rows),
          channelMean(dy).mul(rows),
        ];
      },
    };
  });
}

interface ValueAndGradient {
  value: tf.Tensor;
  gradFunc(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[];
}

/** `tf.customGrad` with `save` told apart from the inputs by its type. */
function withGradient(
  inputs: tf.Tensor[],
  forward: (save: (tensors: tf.Tensor[]) => void) => ValueAndGradient,
): tf.Tensor {
  return tf.customGrad((...args) => {
    const save = args[args.length - 1];
    if (typeof save !== "function") throw new TypeError("customGrad gave no save function");
    return forward(save);
  })(...inputs);
}

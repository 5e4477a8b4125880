/**
 * The debiased family in O(rows · dim) memory, on devices that have its kernels. For unit rows
 * z [n, dim] of V views of B examples, row v·B + b view v of example b, s_ij = z_i·z_j / t, M = V − 1
 * positives m of each row, K = n − V negatives, the rows Ω_i of other examples:
 *
 *     ℓ = ln Σ over Ω of e^s                 π = ln mean_m e^(s_m)        x = ln(τ⁺K) + π − ℓ
 *     U = ℓ + ln(1 − eˣ) − ln(1 − τ⁺)        where x < 0, else −∞
 *     γ = max(U, ln K − 1/t)                 a = [U ≥ ln K − 1/t]
 *     loss = mean_m softplus(γ − s_m)        q_m = sigmoid(γ − s_m)       Q = mean_m q_m
 *
 * and so, with C = a·Q·e^(−γ) / (1 − τ⁺) and b_m = −(q_m + C·τ⁺K·e^(s_m)) / M, the gradient of the mean
 * of the losses, in which every row sums its own:
 *
 *     ∂L/∂z_i = 1/(n·t) · [ Σ over Ω_i of (C_i + C_j)·e^(s_ij)·z_j + Σ_m (b_im + b_mi)·z_m ]
 *
 * Hard negatives: ℓ becomes ln K + α − μ with α = ln Σ e^((1+β)s) and μ = ln Σ e^(βs) over Ω, and the
 * weight C·e^s becomes a·Q·e^(ℓ−γ) / (1 − τ⁺) · [(1+β)·e^((1+β)s − α) − β·e^(βs − μ)]. Biased is
 * τ⁺ = 0 without the clamp; decoupled has γ − s_m in place of its softplus, so q = 1.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Tf } from "../plugin.ts";
import type { FamilyMember } from "./debiased_family.ts";

/** Names of the kernels: what is known of each row, and the gradient from it. */
export const CONTRAST_ROWS = "ContrastRows", CONTRAST_ROWS_GRADIENT = "ContrastRowsGradient";

/** A member of the family, and the number of views V. */
export type ContrastRows = Required<FamilyMember> & { readonly views: number };

/** Whether TensorFlow.js's current backend has the kernels. */
export function hasContrastRows(tf: Tf): boolean {
  return tf.getKernel(CONTRAST_ROWS, tf.getBackend()) !== undefined;
}

/** The mean of the losses of the rows z [V·B, dim], dim a multiple of 4; differentiable. */
export function contrastRowsLoss(tf: Tf, z: tf.Tensor2D, attrs: ContrastRows): tf.Scalar {
  return tf.customGrad<tf.Scalar>((_, save) => {
    if (typeof save !== "function") throw new TypeError("customGrad gave no save function");
    const [losses, , push, pull] = run(tf, z, attrs);
    save([z, push, pull]);
    const gradFunc = (dy: tf.Scalar, [z, push, pull]: tf.Tensor[]): tf.Tensor =>
      tf.engine().runKernel(CONTRAST_ROWS_GRADIENT, { z, push, pull, dy }, { ...attrs });
    return { value: losses.mean<tf.Scalar>(), gradFunc };
  })(z);
}

/** 1 for each row where the clamp holds, else 0, [V·B]. */
export function contrastRowsClamped(tf: Tf, z: tf.Tensor2D, attrs: ContrastRows): tf.Tensor {
  return run(tf, z, attrs)[1];
}

function run(tf: Tf, z: tf.Tensor2D, attrs: ContrastRows): tf.Tensor[] {
  return tf.engine().runKernel<tf.Tensor[]>(CONTRAST_ROWS, { z }, { ...attrs });
}

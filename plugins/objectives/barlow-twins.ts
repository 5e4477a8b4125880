/**
 * Barlow Twins: no negatives, but features that do not repeat each other.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { checkViews, differ } from "../../lib/objectives/similarities.ts";
import { defineObjective } from "../../lib/plugin.ts";

/** Added to the variance, as the authors' batch norm does. */
const EPSILON = 1e-5;

/**
 * Σ_i (1 − c_ii)² + λ·Σ_{i≠j} c_ij², with c [dim, dim] the correlation over the batch of the
 * features of view one with those of view two (Zbontar et al. 2021, equations 1 and 2).
 *
 * λ = 0.0051 and the variance over n are those of the authors' code (facebookresearch/barlowtwins
 * `main.py`). lightly's `BarlowTwinsLoss` has λ = 0.005, and divides by the deviation over n − 1, so
 * that its c is (n − 1)/n of this one.
 */
export default defineObjective({
  name: "barlow-twins",
  summary: "Redundancy reduction (Zbontar et al. 2021, arXiv:2103.03230)",
  options: z.strictObject({
    lambda: z.number().min(0).default(0.0051).describe("weight of the off-diagonal terms, λ").meta(
      facts("training"),
    ),
  }),
  create: ({ lambda }, { tf }) => {
    const standardize = (view: tf.Tensor2D) => {
      const centered = view.sub<tf.Tensor2D>(view.mean(0));
      return centered.mul<tf.Tensor2D>(centered.square().mean(0).add(EPSILON).rsqrt());
    };
    return {
      unitRows: false,
      symmetry: ["batch", "views"],
      loss: ({ views }) =>
        tf.tidy(() => {
          checkViews(views, { objective: "barlow-twins", exactly: 2 });
          const [batch, dim] = views[0].shape;
          const [a, b] = views.map(standardize);
          const diagonal = a.mul(b).mean(0).sub(1).square().sum();
          const off = differ(tf.range(0, dim));
          const correlation = a.matMul<tf.Tensor2D>(b, true).div(batch);
          return correlation.mul(off).square().sum().mul(lambda).add(diagonal).asScalar();
        }),
    };
  },
});

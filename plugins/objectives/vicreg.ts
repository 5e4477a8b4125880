/**
 * VICReg: variance, invariance and covariance, without negatives.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { checkViews, differ } from "../../lib/objectives/similarities.ts";
import { defineObjective } from "../../lib/plugin.ts";

/** Added to the variance, as the authors' code does. */
const EPSILON = 1e-4;

/**
 * λ·mean (a − b)² + μ·[v(a) + v(b)]/2 + ν·[c(a) + c(b)] (Bardes et al. 2022, equation 6, with the
 * averages of the authors' code): v is the mean over features of relu(1 − √(var + 1e-4)), c the sum
 * of squared off-diagonal covariances over dim; both over the batch with n − 1 in the denominator.
 *
 * The weights 25, 25 and 1 are those of the authors' code (facebookresearch/vicreg `main_vicreg.py`)
 * and of lightly's `VICRegLoss`, which both halve the sum of the two v; the paper's equation does not,
 * so that its μ of 25 is a `variance` of 50 here, and its s is the squared distance of the rows, dim
 * times this mean.
 */
export default defineObjective({
  name: "vicreg",
  summary: "Variance-invariance-covariance (Bardes et al. 2022, arXiv:2105.04906)",
  options: z.strictObject({
    invariance: z.number().min(0).default(25).describe("weight of the invariance term, λ").meta(
      facts("training"),
    ),
    variance: z.number().min(0).default(25).describe("weight of the variance term, μ").meta(
      facts("training"),
    ),
    covariance: z.number().min(0).default(1).describe("weight of the covariance term, ν").meta(
      facts("training"),
    ),
  }),
  create: ({ invariance, variance, covariance }, { tf }) => {
    const regularize = (view: tf.Tensor2D) => {
      const [batch, dim] = view.shape;
      const centered = view.sub<tf.Tensor2D>(view.mean(0));
      const std = centered.square().sum(0).div(batch - 1).add(EPSILON).sqrt();
      const spread = tf.scalar(1).sub(std).relu().mean().mul(variance / 2);
      const off = differ(tf.range(0, dim));
      const products = centered.matMul<tf.Tensor2D>(centered, true).div(batch - 1).mul(off);
      return spread.add(products.square().sum().mul(covariance / dim));
    };
    return {
      unitRows: false,
      symmetry: ["batch", "views"],
      loss: ({ views }) =>
        tf.tidy(() => {
          checkViews(views, { objective: "vicreg", exactly: 2 });
          const [a, b] = views;
          const apart = a.sub(b).square().mean().mul(invariance);
          return apart.add(regularize(a)).add(regularize(b)).asScalar();
        }),
    };
  },
});

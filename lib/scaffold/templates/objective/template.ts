/**
 * An objective of tauplus: the embeddings of a batch, to a loss.
 *
 * @module
 */
import { defineObjective, type Plugin, z } from "@tauplus/tauplus";

/**
 * Two views of one image are drawn together until their cosine is 1 − margin,
 * views of different images apart until it is margin:
 *
 *     mean over i of relu(1 − margin − a_i·b_i)
 *       + mean over i ≠ j of relu(a_i·b_j − margin)
 */
const plugin: Plugin<"objective"> = defineObjective({
  name: "template",
  summary: "Hinge on the cosines of positives and negatives",
  // Each option is a flag with its help: `margin` is --margin=0.3.
  options: z.strictObject({
    margin: z.number().min(0).max(1).default(0.3)
      .describe("how far from 1 or 0 a cosine may be at no cost"),
  }),
  create: ({ margin }, { tf }) => ({
    // What the loss must not depend on; `plugins check` holds it to that.
    symmetry: ["batch", "views"],
    // Rows have length 1, so their products are cosines.
    loss: ({ views: [a, b] }) =>
      tf.tidy(() => {
        const batch = a.shape[0];
        const cosines = tf.matMul(a, b, false, true);
        const same = tf.eye(batch);
        const pull = same.mul(cosines.neg().add(1 - margin).relu());
        const push = tf.sub(1, same).mul(cosines.sub(margin).relu());
        const pairs = Math.max(1, batch * (batch - 1));
        return pull.sum().div(batch).add(push.sum().div(pairs)).asScalar();
      }),
    // Scalars for the log of the run.
    diagnostics: ({ views: [a, b] }) => ({
      positive_cosine: tf.tidy(() => a.mul(b).sum(1).mean().asScalar()),
    }),
  }),
});

export default plugin;

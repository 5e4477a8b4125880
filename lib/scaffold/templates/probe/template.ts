/**
 * A probe of tauplus: frozen features and their labels, to metrics.
 *
 * @module
 */
import type { FeatureSplit, Plugin } from "@tauplus/tauplus";
import { classificationMetrics, defineProbe, z } from "@tauplus/tauplus";

/** Each test example is of the class whose mean feature is nearest. */
const plugin: Plugin<"probe"> = defineProbe({
  name: "template",
  summary: "Nearest class mean",
  // Each option is a flag with its help: `cosine` is --cosine=true.
  options: z.strictObject({
    cosine: z.boolean().default(true)
      .describe("compare directions; otherwise points"),
  }),
  create: ({ cosine }, { tf, classes }) => ({
    evaluate: async ({ train, test }) => {
      const rows = ({ features }: FeatureSplit) => {
        if (!cosine) return features;
        return features.div(features.norm(2, 1, true).maximum(1e-12));
      };
      // −‖x − m‖² less ‖x‖², which is the same for every class.
      const scores = tf.tidy(() => {
        const labels = tf.tensor1d(train.labels, "int32");
        const member = tf.oneHot(labels, classes.length).toFloat();
        const counts = member.sum(0);
        const sums = tf.matMul(member, rows(train), true);
        const means = sums.div(counts.maximum(1).reshape([-1, 1]));
        const products = tf.matMul(rows(test), means, false, true).mul(2);
        // A class without training examples has no mean, and comes last.
        const absent = tf.sub(1, counts.minimum(1)).mul(1e30);
        return products.sub(means.square().sum(1)).sub(absent);
      });
      const values = await scores.data();
      scores.dispose();
      return { ...classificationMetrics(values, test.labels, classes) };
    },
  }),
});

export default plugin;

/**
 * A third party's objective: positives are pulled together up to a margin, all other pairs pushed
 * apart down to it.
 *
 *     deno task train --plugin=./examples/hinge.ts --objective=hinge --margin=0.3
 */
import { defineObjective, z } from "@tauplus/tauplus";

export default defineObjective({
  name: "hinge",
  summary: "Cosine hinge: positives above 1 − margin and negatives below margin cost nothing",
  options: z.strictObject({
    margin: z.number().min(0).max(1).default(0.3).describe("cosine that is near enough to 1 or 0"),
  }),
  create: ({ margin }, { tf }) => ({
    loss: ({ views: [a, b] }) => {
      const similarity = tf.matMul(a, b, false, true);
      const same = tf.eye(a.shape[0]);
      const pull = same.mul(similarity.neg().add(1 - margin).relu());
      const push = tf.sub(1, same).mul(similarity.sub(margin).relu());
      return pull.sum().div(a.shape[0]).add(push.mean()).asScalar();
    },
  }),
});

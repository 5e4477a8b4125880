/** A plugin as 0.1.0's guide writes one: plain data, and nothing imported but zod. */
import { z } from "zod";

export default {
  apiVersion: 1,
  kind: "objective",
  name: "hinge",
  summary: "Hinge on the cosine of the two views",
  options: z.strictObject({
    margin: z.number().min(0).max(2).default(0.5).describe("cosine that is enough"),
  }),
  create: ({ margin }, { tf }) => ({
    loss: ({ views: [a, b] }) =>
      tf.tidy(() => tf.relu(tf.sub(margin, a.mul(b).sum(1))).mean().asScalar()),
  }),
};

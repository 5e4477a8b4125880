import { assertEquals } from "@std/assert";
import { openSession, train } from "@tauplus/tauplus";
import plugin from "./template.ts";

const session = await openSession({
  dataset: "synthetic",
  datasetOptions: { classes: 4, train: 64, test: 32, size: 16 },
  device: "wasm",
});
const { tf, make } = session;

Deno.test("template gives features of images of any size", async () => {
  const { model, dim } = await make("encoder", plugin, { width: 4 });
  assertEquals(dim, 8);
  for (const [height, width] of [[16, 16], [20, 9]]) {
    const features = model.apply(tf.zeros([2, height, width, 3]));
    assertEquals(features instanceof tf.Tensor && features.shape, [2, 8]);
  }
});

Deno.test("template is trained: its weights move", async () => {
  const encoder = await make("encoder", plugin, { width: 4 });
  const objective = await make("objective", "debiased");
  const [weight] = encoder.model.getWeights();
  const before = await weight.data();
  await train(
    { ...session, encoder, objective, views: { cropSize: 16 } },
    { maxSteps: 3, batchSize: 32, featureDim: 8 },
  );
  const after = await encoder.model.getWeights()[0].data();
  assertEquals(after.length, before.length);
  assertEquals(after.every((value, i) => value === before[i]), false);
});

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { openSession, train } from "@tauplus/tauplus";
import plugin from "./template.ts";

const session = await openSession({
  dataset: "synthetic",
  datasetOptions: { classes: 4, train: 64, test: 32, size: 16 },
  device: "wasm",
});
const { tf, make } = session;

Deno.test("template is what its formula says", async () => {
  const objective = await make("objective", plugin, { margin: 0.3 });
  const a = tf.tensor2d([[1, 0], [0, 1]]);
  const b = tf.tensor2d([[0.8, 0.6], [0, 1]]);
  // Positives: cosines 0.8 and 1. Negatives: 0 and 0.6, which is 0.3 too near.
  const [loss] = await objective.loss({ views: [a, b] }).data();
  assertAlmostEquals(loss, 0.3 / 2, 1e-6);
  const [same] = await objective.loss({ views: [a, a] }).data();
  assertEquals(same, 0);
});

Deno.test("template trains an encoder", async () => {
  const objective = await make("objective", plugin);
  const encoder = await make("encoder", "conv", { widths: [8], strides: [2] });
  const losses: number[] = [];
  await train(
    { ...session, encoder, objective, views: { cropSize: 16 } },
    { maxSteps: 3, batchSize: 32, featureDim: 8, logEvery: 1 },
    { onStep: ({ record }) => losses.push(record?.loss ?? NaN) },
  );
  assertEquals(losses.length, 3);
  assert(losses.every(Number.isFinite), `losses ${losses}`);
});

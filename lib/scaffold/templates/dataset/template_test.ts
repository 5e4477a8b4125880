import { assertEquals, assertNotEquals } from "@std/assert";
import { openSession, train } from "@tauplus/tauplus";
import plugin from "./template.ts";

const session = await openSession({
  dataset: plugin,
  datasetOptions: { images: 64 },
  device: "wasm",
});

Deno.test("template gives an image alike in any batch", async () => {
  const { train, test } = session.dataset.splits;
  assertEquals([train.length, test.length], [64, 256]);
  const both = await train.read([5, 2]);
  assertEquals(both.length, 2 * 24 * 24);
  assertEquals(both.subarray(24 * 24), await train.read([2]));
  assertNotEquals(await test.read([2]), await train.read([2]));
});

Deno.test("template trains an encoder", async () => {
  const encoder = await session.make("encoder", "conv", {
    widths: [8],
    strides: [2],
  });
  const objective = await session.make("objective", "debiased");
  const { step } = await train(
    { ...session, encoder, objective, views: { cropSize: 24 } },
    { maxSteps: 3, batchSize: 32, featureDim: 8 },
  );
  assertEquals(step, 3);
});

import { assert, assertEquals } from "@std/assert";
import { evaluate, openSession } from "@tauplus/tauplus";
import plugin from "./template.ts";

const session = await openSession({
  dataset: "synthetic",
  datasetOptions: { classes: 4, train: 64, test: 32, size: 16 },
  device: "wasm",
});
const { tf, make } = session;

Deno.test("template finds classes that are apart", async () => {
  const probe = await make("probe", plugin, { cosine: false });
  const labels = Int32Array.of(0, 1, 2, 0, 1, 2);
  const features = tf.tensor2d([0, 0, 5, 0, 0, 5, 1, 0, 6, 0, 0, 6], [6, 2]);
  const split = { features, labels };
  const { top1, top5 } = await probe.evaluate({ train: split, test: split });
  assertEquals([top1, top5], [100, 100]);
});

Deno.test("template evaluates an encoder", async () => {
  const encoder = await make("encoder", "conv", { widths: [8], strides: [2] });
  const probe = await make("probe", plugin);
  const { top1, top5 } = await evaluate({ ...session, encoder, probe });
  assert(top1 >= 0 && top1 <= top5 && top5 <= 100, `${top1}, ${top5}`);
});

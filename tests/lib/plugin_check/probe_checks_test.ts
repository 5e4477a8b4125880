import { assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { openDevice } from "../../../lib/device/device.ts";
import { defineProbe, type Metrics, type ProbeInput, type Tf } from "../../../lib/plugin.ts";
import { failuresOf, reportOf } from "../../support/check_report.ts";

const device = await openDevice("wasm");

async function failures(
  evaluate: (input: ProbeInput, tf: Tf) => Metrics | Promise<Metrics>,
): Promise<Record<string, string>> {
  const probe = defineProbe({
    name: "mine",
    summary: "A test's",
    options: z.strictObject({}),
    create: (_, { tf }) => ({ evaluate: async (input) => await evaluate(input, tf) }),
  });
  return failuresOf(await reportOf(device, probe));
}

Deno.test("a probe without faults passes", async () => {
  assertEquals(await failures(() => ({ top1: 90, top5: 100 })), {});
});

Deno.test("a probe that guesses one class fails", async () => {
  const found = await failures(({ train, test }) => {
    const right = test.labels.filter((label) => label === train.labels[0]).length;
    return { top1: 100 * right / test.labels.length, top5: 100 };
  });
  assertEquals(found, { "better than chance": "16.7 % on classes apart, chance is 16.7 %" });
});

Deno.test("metrics that are none, or in the wrong order, fail", async () => {
  const share = await failures(() => ({ top1: 0.9, top5: 0.8 }));
  assertStringIncludes(share.metrics, "what is first is among the first five");
  const none = await failures(() => ({ top1: NaN, top5: 100 }));
  assertStringIncludes(none.metrics, "top1 must be a number from 0 to 100");
});

Deno.test("metrics of chance fail", async () => {
  const found = await failures(() => ({ top1: 90 + Math.random(), top5: 100 }));
  assertEquals(found, { "same metrics twice": "top1 differs" });
});

Deno.test("a probe that writes to the encoder or disposes the features fails", async () => {
  const encoder = await failures((_, tf) => {
    const weight = Object.values(tf.engine().registeredVariables)
      .findLast(({ name }) => name.includes("conv1"))!;
    weight.assign(tf.tidy(() => weight.add(1)));
    return { top1: 90, top5: 100 };
  });
  assertStringIncludes(encoder["encoder and features"], "weights and batch-norm statistics");
  const disposed = await failures(({ train }) => {
    train.features.dispose();
    return { top1: 90, top5: 100 };
  });
  assertStringIncludes(disposed["encoder and features"], "must not dispose of the features");
});

Deno.test("a probe that leaks fails", async () => {
  const found = await failures(({ train }) => {
    train.features.clone();
    return { top1: 90, top5: 100 };
  });
  assertEquals(found, { "leaked tensors": "1 tensors more after an evaluation" });
});

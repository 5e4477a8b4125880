/**
 * The product's whole training step of a small network on every device this machine has: `deno
 * bench`. The wasm device reads its binary from a file, so it is there with `deno bench -A` only.
 */
import { findAdapter } from "../lib/device/webgpu.ts";
import { printErr } from "../lib/terminal/print.ts";
import { prepareProduct, prepareStock, prepareWasm } from "./support/measure.ts";
import { openBoth } from "./support/paired.ts";
import { describeStep, type StepSpec } from "./support/steps.ts";

const spec: StepSpec = { encoder: "conv", batch: 128, size: 32 };

const steps: Record<string, (spec: StepSpec) => Promise<() => Promise<void>>> = {};
if (await findAdapter()) {
  await openBoth();
  steps["stock layers and loss on stock webgpu"] = prepareStock;
  steps["webgpu"] = prepareProduct;
}
if ((await Deno.permissions.query({ name: "read" })).state === "granted") {
  steps["wasm"] = prepareWasm;
} else {
  printErr("The wasm device needs to read files: deno bench -A shows it, too.");
}

for (const [device, make] of Object.entries(steps)) {
  const run = await make(spec);
  Deno.bench({ name: device, group: describeStep(spec), n: 3, warmup: 1, fn: run });
}

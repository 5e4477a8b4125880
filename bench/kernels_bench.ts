/**
 * Our kernels beside those TensorFlow.js ships, on the same adapter: `deno bench`. Each group is one
 * operation, "stock" on the untouched backend and "ours" on ours; `--filter` chooses.
 */
import * as tf from "@tensorflow/tfjs";
import { BACKEND, describeAdapter, findAdapter } from "../lib/device/webgpu.ts";
import { printErr } from "../lib/terminal/print.ts";
import { openBoth, prepare, STOCK, type Work } from "./support/paired.ts";
import { WORKS } from "./support/works.ts";

/** The one that runs; what it holds is disposed of before the next is prepared. */
let current: { of: Work; backend: string; run: () => Promise<void> } | undefined;

async function runOn(backend: string, work: Work): Promise<void> {
  if (current?.of !== work || current.backend !== backend) {
    if (current) tf.engine().endScope();
    tf.engine().startScope();
    current = { of: work, backend, run: await prepare(backend, work) };
  }
  await current.run();
}

const adapter = await findAdapter();
if (adapter) {
  printErr(describeAdapter(adapter).description);
  await openBoth();
  for (const { what, stock, ours } of WORKS) {
    // The first call prepares and compiles, and is not counted. Deno waits for async functions only.
    const options = { group: what, n: 3, warmup: 1 };
    Deno.bench({
      ...options,
      name: `stock: ${what}`,
      fn: async () => await runOn(STOCK, stock),
      baseline: true,
    });
    Deno.bench({ ...options, name: `ours: ${what}`, fn: async () => await runOn(BACKEND, ours) });
  }
} else {
  printErr("There is no WebGPU adapter: nothing to compare.");
}

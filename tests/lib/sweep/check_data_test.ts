import { assertEquals } from "@std/assert";
import { command } from "../../../lib/commands/sweep.ts";
import { loadRegistry } from "../../../lib/registry.ts";
import { expandArms } from "../../../lib/sweep/arms.ts";
import { sweepData } from "../../../lib/sweep/sweep.ts";
import { plan } from "../../../lib/sweep/plan.ts";

Deno.test("a run has the whole batches of its epochs, or as many steps as it may", async () => {
  const registry = await loadRegistry([]);
  const values = {
    ...{ dataset: "synthetic", train: "70", test: "10", size: "16", k: "5" },
    ...{ batch_size: "16,32", epochs: "3", max_steps: "0,10" },
  };
  const layers = [{ source: "the command line", text: true, values }];
  const { arms } = await expandArms(command.spec, layers, registry);
  const { signal } = new AbortController();
  const { fit, stepsOf } = sweepData({ progress() {}, signal, notify() {} });
  const runs = await plan({ arms, seeds: [0], out: "s", plugins: [], registry, fit });
  assertEquals(runs.map(stepsOf), [12, 10, 6, 6]);
});

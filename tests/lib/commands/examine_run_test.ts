import { assertEquals } from "@std/assert";
import { examineRun } from "../../../lib/commands/examine_run.ts";
import { readRun } from "../../../lib/report/report_run.ts";
import { inFolder } from "../../support/folders.ts";
import { writeRun } from "../../support/run_folders.ts";

/** The options that a report tells first of a run with this configuration. */
async function telling(config: Record<string, unknown>): Promise<readonly string[]> {
  let found: readonly string[] = [];
  await inFolder(async (out) => {
    const data = await readRun(await writeRun(out, "a", [], config));
    const context = {
      signal: new AbortController().signal,
      bar: { show() {}, end() {} },
      plugins: [],
      trust: false,
    };
    const options = { points: 5, device: "wasm", tune: "off" } as const;
    found = (await examineRun("a", data, options, context)).telling;
  });
  return found;
}

Deno.test("a report tells first the options with that fact, a plugin's too, in the run's order", async () => {
  const config = {
    objective: "hard",
    log_every: 5,
    "objective.beta": 0.7,
    "objective.tau_plus": 0.1,
    encoder: "conv",
    "encoder.widths": [4],
    // Made here, so nothing is fetched.
    dataset: "synthetic",
    "dataset.train": 8,
    "dataset.test": 4,
    seed: 3,
    batch_size: 4,
    momentum: 0.9,
  };
  assertEquals(await telling(config), [
    "objective",
    "objective.beta",
    "objective.tau_plus",
    "encoder",
    "dataset",
    "seed",
    "batch_size",
  ]);
});

Deno.test("where a run's plugin is missing, the options that all runs have are told", async () => {
  const config = { objective: "theirs", "objective.margin": 1, epochs: 2, momentum: 0.9 };
  assertEquals(await telling(config), ["objective", "epochs"]);
});

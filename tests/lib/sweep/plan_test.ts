import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { command } from "../../../lib/commands/sweep.ts";
import { command as train } from "../../../lib/commands/train.ts";
import { resolveConfig } from "../../../lib/config.ts";
import { loadRegistry } from "../../../lib/registry.ts";
import { expandArms } from "../../../lib/sweep/arms.ts";
import { identity, plan, type Run } from "../../../lib/sweep/plan.ts";

const registry = await loadRegistry();
const { factsOf } = await resolveConfig(train.spec, [], registry);

async function planned(values: Record<string, string>, seeds = [0, 1]): Promise<Run[]> {
  const layer = { source: "the command line", values, text: true };
  const { arms } = await expandArms(command.spec, [layer], registry);
  return await plan({ arms, seeds, out: "sweeps/x", plugins: [], registry });
}

Deno.test("runs go seed by seed, in folders that only their own configuration names", async () => {
  const runs = await planned({ objective: "biased,debiased", tau_plus: "0,0.1" });
  assertEquals(runs.map(({ arm, seed }) => `${arm.label}, ${seed}`), [
    "biased, 0",
    "debiased tau_plus=0, 0",
    "debiased tau_plus=0.1, 0",
    "biased, 1",
    "debiased tau_plus=0, 1",
    "debiased tau_plus=0.1, 1",
  ]);
  assertEquals(new Set(runs.map(({ folder }) => folder)).size, 6);
  assertMatch(runs[0].folder, /^sweeps\/x\/biased-0-[0-9a-f]{10}$/);
  assertEquals(runs[5].config.seed, 1);
  assertEquals(Object.keys(runs[5].config).filter((name) => /preset|resume/.test(name)), []);

  // Another sweep that has the same run has it in the same folder.
  const folders = (await planned({ tau_plus: "0.1,0.2", device: "wasm", save_every: "7" }, [1]))
    .map(({ folder }) => folder);
  assertEquals(folders[0], runs[5].folder);
  assertNotEquals(folders[1], runs[5].folder);
});

Deno.test("each option that changes results changes the name, the order of options does not", () => {
  const config = { objective: "biased", seed: 0, epochs: 3, device: "auto", out: "a" };
  const { epochs, ...others } = config;
  const name = (config: Record<string, unknown>) => identity(config, factsOf);
  assertEquals(name({ epochs, ...others, device: "wasm", out: "b" }), name(config));
  assertNotEquals(name({ ...config, epochs: 4 }), name(config));
  // The log's steps are what clamp_rate and false_negative_rate are means over.
  assertNotEquals(name({ ...config, log_every: 3 }), name(config));
  assertNotEquals(name({ ...config, plugin: ["a.ts"] }), name(config));
});

Deno.test("untrained encoder and raw pixels are evaluated once per seed and encoder", async () => {
  const evaluated = async (values: Record<string, string>) =>
    (await planned(values)).filter(({ references, config }) => {
      assertEquals(config.baselines, references);
      return references;
    }).map(({ arm, seed }) => `${arm.label}, ${seed}`);
  assertEquals(await evaluated({ objective: "biased,debiased" }), ["biased, 0", "biased, 1"]);
  assertEquals(await evaluated({ encoder: "conv,resnet18", epochs: "1,2" }), [
    "debiased encoder=conv epochs=1, 0",
    "debiased encoder=resnet18 epochs=1, 0",
    "debiased encoder=conv epochs=1, 1",
    "debiased encoder=resnet18 epochs=1, 1",
  ]);
  assertEquals(await evaluated({ objective: "biased,debiased", baselines: "false" }), []);
});

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { command } from "../../../lib/commands/sweep.ts";
import { command as train } from "../../../lib/commands/train.ts";
import { type Layer, resolveConfig } from "../../../lib/config.ts";
import { UsageError } from "../../../lib/errors.ts";
import { loadRegistry } from "../../../lib/registry.ts";
import { expandArms } from "../../../lib/sweep/arms.ts";

const registry = await loadRegistry();
const flags = (values: Record<string, string>): Layer => ({
  source: "the command line",
  values,
  text: true,
});
const file = (values: Record<string, unknown>): Layer => ({ source: "file", values, text: false });
const arms = async (...layers: Layer[]) => (await expandArms(command.spec, layers, registry)).arms;
const labels = async (...layers: Layer[]) => (await arms(...layers)).map(({ label }) => label);
/** The resolved options of every arm. */
const configs = async (...layers: Layer[]) =>
  await Promise.all(
    (await arms(...layers)).map(async (arm) =>
      (await resolveConfig(train.spec, arm.layers, registry)).flat
    ),
  );

Deno.test("every objective is trained with every τ⁺, where it has one", async () => {
  const layer = flags({ objective: "biased,debiased,hard,oracle", tau_plus: "0,0.05, 0.1" });
  assertEquals(await labels(layer), [
    "biased",
    "debiased tau_plus=0",
    "debiased tau_plus=0.05",
    "debiased tau_plus=0.1",
    "hard tau_plus=0",
    "hard tau_plus=0.05",
    "hard tau_plus=0.1",
    "oracle",
  ]);
  assertEquals(
    (await configs(layer)).map((flat) => flat["objective.tau_plus"]),
    [undefined, 0, 0.05, 0.1, 0, 0.05, 0.1, undefined],
  );
});

Deno.test("what differs elsewhere is the setting; what is everywhere the same is no name", async () => {
  const layer = flags({
    objective: "biased,debiased",
    batch_size: "64,256",
    temperature: "0.5",
    tau_plus: "0.1",
  });
  assertEquals((await arms(layer)).map(({ treatment, setting }) => [treatment, setting]), [
    ["biased", "batch_size=64"],
    ["biased", "batch_size=256"],
    ["debiased tau_plus=0.1", "batch_size=64"],
    ["debiased tau_plus=0.1", "batch_size=256"],
  ]);
  assertEquals(await labels(flags({ tau_plus: "0.1,0.10" })), ["debiased"]);
});

Deno.test("datasets and encoders vary too, with the options that only some have", async () => {
  const layer = flags({ dataset: "fashion-mini,synthetic", imbalance: "1,10", encoder: "conv" });
  assertEquals(await labels(layer), [
    "debiased dataset=fashion-mini",
    "debiased dataset=synthetic imbalance=1",
    "debiased dataset=synthetic imbalance=10",
  ]);
  assertEquals((await expandArms(command.spec, [layer], registry)).datasets, [
    "fashion-mini",
    "synthetic",
  ]);
});

Deno.test("an option with two owners is named with its section", async () => {
  const layer = flags({ "probe.learning_rate": "0.1,0.2", learning_rate: "0.001,0.002" });
  assertEquals((await labels(layer))[1], "debiased probe.learning_rate=0.1 learning_rate=0.002");
});

Deno.test("arrays stay arrays on the command line; in a file lists of them are lists", async () => {
  const [text] = await configs(flags({ widths: "8,16", strides: "2,2" }));
  assertEquals(text["encoder.widths"], [8, 16]);
  const layer = file({ widths: [[8, 16], [16, 32]], strides: [2, 2], epochs: [1, 2] });
  assertEquals((await configs(layer)).map((flat) => [flat["encoder.widths"], flat.epochs]), [
    [[8, 16], 1],
    [[8, 16], 2],
    [[16, 32], 1],
    [[16, 32], 2],
  ]);
  assertEquals((await labels(layer))[3], "debiased widths=16,32 epochs=2");
});

Deno.test("a later value replaces a list, and drops the options of objectives that it leaves out", async () => {
  const preset = file({ objective: "debiased", "objective.tau_plus": 0.3, epochs: [1, 2] });
  assertEquals(await labels(preset, flags({ epochs: "4" })), ["debiased"]);
  assertEquals(await labels(preset, flags({ objective: "biased,hard", epochs: "4" })), [
    "biased",
    "hard",
  ]);
  const [hard] = await configs(preset, flags({ objective: "hard" }));
  assertEquals(hard["objective.tau_plus"], 0.1);
});

Deno.test("a run's config.json can be swept over: its seed and folder are not the sweep's", async () => {
  const { flat } = await resolveConfig(train.spec, [flags({ seed: "7" })], registry);
  const { own, arms } = await expandArms(
    command.spec,
    [file(flat), flags({ objective: "biased,debiased", seeds: "2" })],
    registry,
  );
  assertEquals(arms.map(({ label }) => label), ["biased", "debiased"]);
  assertEquals(own.map(({ values }) => values), [{}, { seeds: "2" }]);
});

Deno.test("an option that no arm has is unknown, a wrong value wrong, a list of devices no list", async () => {
  const refused = async (values: Record<string, string>, ...words: string[]) => {
    const { message } = await assertRejects(async () => {
      const layers = await command.first!([flags(values)], registry);
      await resolveConfig(command.spec, layers, registry);
    }, UsageError);
    for (const word of words) assertStringIncludes(message, word);
  };
  await refused({ objective: "biased,oracle", tau_plus: "0,0.1" }, "--tau_plus", "no such option");
  await refused({ seed: "3" }, "--seed", "Did you mean --seeds?");
  // barlow-twins has no temperature: there it could only be the probe's.
  const both = { objective: "barlow-twins,debiased", probe: "knn", temperature: "0.1,0.5" };
  await refused(both, "--objective.temperature or --probe.temperature");
  await assertRejects(() => labels(flags({ probe: "linear,knn" })), UsageError, "linear,knn");
  await refused({ tau_plus: "2,0.1" }, "--tau_plus", "got 2");
  await refused({ device: "wasm,webgpu" }, "--device", "it must be one of");
  await refused({ seeds: "3,3" }, "--seeds", "each seed must be given once");
  await refused({ seeds: "0" }, "--seeds", "it must be a count of at least 1");
  await assertRejects(() => labels(flags({ objective: "biased,debiasd" })), UsageError, "debiased");
});

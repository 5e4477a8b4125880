import { assertEquals } from "@std/assert";
import { presetLayer, PRESETS } from "../../../lib/command_line/layer.ts";
import { command } from "../../../lib/commands/train.ts";
import { resolveConfig } from "../../../lib/config.ts";
import { loadRegistry } from "../../../lib/registry.ts";

Deno.test("every file in presets/ is a preset, and every preset resolves", async () => {
  const files = [...Deno.readDirSync(new URL("../../../presets", import.meta.url))];
  assertEquals(files.map(({ name }) => name.replace(".json", "")).sort(), [...PRESETS].sort());
  for (const name of PRESETS) {
    await resolveConfig(command.spec, [await presetLayer(name)], await loadRegistry());
  }
});

Deno.test("without a preset or dataset named, train starts from quickstart", async () => {
  const sources = async (named: Record<string, unknown>) =>
    (await command.layers!(named)).map(({ source }) => source);
  assertEquals(await sources({ tau_plus: "0.1" }), ["presets/quickstart.json"]);
  assertEquals(await sources({ preset: "dcl-cifar10" }), ["presets/dcl-cifar10.json"]);
  assertEquals(await sources({ dataset: "stl10" }), []);
});

Deno.test("dcl-stl10 is the reference's configuration to the last option", async () => {
  const layer = await presetLayer("dcl-stl10");
  const { options, roles, groups } = await resolveConfig(
    command.spec,
    [layer],
    await loadRegistry(),
  );
  const { encoder, objective, probe } = roles;
  assertEquals([encoder?.plugin.name, encoder?.options], ["resnet50", { stem: "small" }]);
  assertEquals([objective?.plugin.name, objective?.options], [
    "debiased",
    { temperature: 0.5, tauPlus: 0.1, positives: 1 },
  ]);
  assertEquals(probe?.options, {
    protocol: "dcl",
    epochs: 100,
    batchSize: 512,
    learningRate: 1e-3,
    weightDecay: 1e-6,
  });
  const { featureDim, batchSize, epochs, learningRate, weightDecay, optimizer, k } = options;
  assertEquals([featureDim, batchSize, epochs, learningRate, weightDecay, optimizer, k], [
    128,
    256,
    400,
    1e-3,
    1e-6,
    "adam",
    200,
  ]);
  const { cropSize, cropScaleMin, flip, jitter, brightness, hue, grayscale, blur } = groups.views;
  assertEquals([cropSize, cropScaleMin, flip, jitter, brightness, hue, grayscale, blur], [
    32,
    0.08,
    0.5,
    0.8,
    0.4,
    0.1,
    0.2,
    0.5,
  ]);
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import project from "../../../deno.json" with { type: "json" };
import { COMMANDS } from "../../../lib/command_line/commands.ts";
import { deviceAdvice } from "../../../lib/device/failure.ts";
import { latestRun } from "../../../lib/run/run_folder.ts";
import { type Outcome, runCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";

const [ADVICE] = deviceAdvice();

/** The one document on standard output. */
function documentOf({ stdout, stderr }: Outcome) {
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`No JSON document: ${stdout}\n${stderr}`, { cause });
  }
}

Deno.test("a training and what follows it say with --json what they found, and where it is", async () => {
  await inFolder(async (cwd) => {
    const json = async (...args: string[]) => {
      const outcome = await runCommand(cwd, [...args, "--json"]);
      assertEquals(outcome.code, 0, outcome.stderr);
      return { ...outcome, document: documentOf(outcome) };
    };
    const train = ["train", ...TINY, "--epochs=2", "--eval_every=1"];
    const { document: trained, stderr } = await json(...train);
    // Remarks and progress are elsewhere: how to get a better device, a line for each epoch.
    const remarks = stderr.replaceAll(/\s+/g, " ");
    assertStringIncludes(remarks, `There is no GPU in use, so the processor computes. ${ADVICE} `);
    assertEquals(stderr.match(/^training .*epoch \d/gm), [
      "training   4/8 steps   epoch 1",
      "training   8/8 steps   epoch 2",
    ]);
    assertEquals(`${cwd}/${trained.run}`, await latestRun(`${cwd}/runs`));
    assert(trained.trained.linear.top1 >= 0 && trained.pixels.knn.top5 <= 100);
    const device = "--device=wasm";
    const { document: linear } = await json("linear", device, "--epochs=2");
    assertEquals(linear.probe, "linear");
    const { judged, ...found } = JSON.parse(await Deno.readTextFile(`${cwd}/${linear.saved}`));
    assertEquals(found, linear.metrics);
    assertEquals([judged.probe, judged.dataset], ["linear", "synthetic"]);
    const { document: knn } = await json("knn", device, "--k=10");
    assertEquals(knn.metrics.top1, trained.trained.knn.top1);
    const { document: embedded } = await json("embed", device);
    assertEquals([embedded.length, embedded.dim, embedded.split], [24, 8, "test"]);
    const { document: exported } = await json("export", device, "--format=onnx");
    const { size } = await Deno.stat(`${cwd}/${exported.path}`);
    assertEquals([exported.bytes, exported.replaced], [size, false]);
  });
});

Deno.test("lists are data: datasets with their files, plugins with a schema of their options", async () => {
  await inFolder(async (cwd) => {
    const json = async (...args: string[]) =>
      documentOf(await runCommand(cwd, [...args, "--json"]));
    const datasets: { name: string; files?: { state: string }[] }[] = await json("data");
    const stl10 = datasets.find(({ name }) => name === "stl10");
    assertEquals(new Set(stl10?.files?.map(({ state }) => state)), new Set(["missing"]));
    const [debiased] = await json("plugins", "show", "debiased");
    assertEquals(debiased.options.properties.tauPlus.exclusiveMaximum, 1);
    const plugins: { name: string; kind: string }[] = await json("plugins");
    assertEquals(plugins.filter(({ kind }) => kind === "probe").map(({ name }) => name), [
      "linear",
      "knn",
    ]);
    assertStringIncludes((await json("completions", "fish")).script, "complete -c tauplus");
  });
});

Deno.test("what verifies and finds a fault gives its result, and the fault by its exit code", async () => {
  await inFolder(async (cwd) => {
    const outcome = await runCommand(cwd, ["data", "verify", "cifar10", "--json"]);
    assertEquals(outcome.code, 3);
    assertEquals(documentOf(outcome).files[0].state, "missing");
    assertStringIncludes(outcome.stderr, "error: Cannot verify cifar10");
  });
});

Deno.test("an error is the document, and a line for a person as well", async () => {
  await inFolder(async (cwd) => {
    const outcome = await runCommand(cwd, ["train", "--tau_plus=1", "--json"]);
    const { error } = documentOf(outcome);
    assertEquals(error, {
      name: "UsageError",
      message: "Cannot set --tau_plus: it must be a number from 0 to below 1, got 1.",
      next: "The default is 0.1; run with --help=all for all options.",
      exitCode: 2,
    });
    assertEquals(outcome.code, 2);
    assertEquals(outcome.stderr, `error: ${error.message} ${error.next}\n`);
    const stranger = documentOf(await runCommand(cwd, ["--json", "trian"]));
    assertEquals(stranger.error.exitCode, 2);
    // A plugin's fault, deep in a training.
    const plugin = `
      import { z } from "zod";
      export default {
        apiVersion: 1, kind: "objective", name: "bad", summary: "throws",
        options: z.strictObject({}),
        create: () => ({ loss: () => { throw new Error("boom"); } }),
      };`;
    await Deno.writeTextFile(`${cwd}/bad.ts`, plugin);
    const bad = await runCommand(cwd, [
      "train",
      ...TINY,
      "--plugin=./bad.ts",
      "--objective=bad",
      "--json",
    ]);
    assertEquals([documentOf(bad).error.name, bad.code], ["PluginError", 6]);
  });
});

Deno.test("the help is data, and is given where there is no run to take defaults from", async () => {
  await inFolder(async (cwd) => {
    const overview = documentOf(await runCommand(cwd, ["--json"]));
    const names = overview.commands.map(({ name }: { name: string }) => name);
    assertEquals(names, Object.keys(COMMANDS));
    const { sections } = documentOf(
      await runCommand(cwd, ["train", "--objective=hard", "--help", "--json"]),
    );
    const options = sections[2].options;
    assertEquals(options.find(({ name }: { name: string }) => name === "beta"), {
      flag: "--beta",
      name: "beta",
      kind: "number",
      default: 1,
      rule: "a number of at least 0",
      description: options.find(({ flag }: { flag: string }) => flag === "--beta").description,
      front: true,
    });
    const { code, stdout } = await runCommand(cwd, ["linear", "--help"]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, "These are the defaults without a run. Cannot find the latest");
  });
});

Deno.test("--version says the versions of tauplus, Deno and TensorFlow.js", async () => {
  await inFolder(async (cwd) => {
    for (const args of [["--version"], ["linear", "-V"]]) {
      const { stdout, code } = await runCommand(cwd, args);
      assertEquals(code, 0);
      assertStringIncludes(
        stdout,
        `tauplus ${project.version}\ndeno ${Deno.version.deno}\ntfjs 4.`,
      );
    }
    const versions = documentOf(await runCommand(cwd, ["--version", "--json"]));
    assertEquals(Object.keys(versions), ["tauplus", "deno", "tfjs"]);
  });
});

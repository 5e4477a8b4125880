import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { latestRun, readConfig } from "../lib/run/run_folder.ts";
import { runCommand, TINY } from "./support/command_line.ts";
import { inFolder } from "./support/folders.ts";

const EXAMPLES = fileURLToPath(new URL("../examples", import.meta.url));

Deno.test("the example objective trains through the command line, by name and with its option", async () => {
  await inFolder(async (cwd) => {
    const plugin = `--plugin=${EXAMPLES}/hinge.ts`;
    const options = ["--objective=hinge", "--margin=0.2", "--max_steps=2", "--no-baselines"];
    const { code, stderr } = await runCommand(cwd, ["train", ...TINY, plugin, ...options]);
    assertEquals(code, 0, stderr);
    const config = await readConfig((await latestRun(`${cwd}/runs`))!) as Record<string, unknown>;
    assertEquals(config["objective.margin"], 0.2);
    const far = await runCommand(cwd, ["train", plugin, "--objective=hinge", "--margin=2"]);
    assertEquals(far.code, 2);
    assertStringIncludes(
      far.stderr,
      "Cannot set --margin: it must be a number from 0 to 1, got 2.",
    );
    const help = await runCommand(cwd, ["train", plugin, "--objective=hinge", "--help"]);
    assertStringIncludes(help.stdout, "--margin=0.3");
  });
});

Deno.test("the example dataset trains on its own positive pairs, and linear finds it again", async () => {
  await inFolder(async (cwd) => {
    const { code, stderr } = await runCommand(cwd, [
      "train",
      `--plugin=${EXAMPLES}/moving_shapes.ts`,
      "--dataset=moving-shapes",
      "--clips=64",
      "--encoder.widths=8,16",
      "--encoder.strides=2,2",
      "--batch_size=32",
      "--k=10",
      "--max_steps=2",
      "--no-baselines",
      "--device=wasm",
    ]);
    assertEquals(code, 0, stderr);
    const linear = await runCommand(cwd, ["linear"]);
    assertEquals(linear.code, 0, linear.stderr);
    assertStringIncludes(linear.stdout, "disc");
  });
});

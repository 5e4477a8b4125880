import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { COMMANDS } from "../../../lib/command_line/commands.ts";
import { commandHelp, type HelpPage } from "../../../lib/command_line/help.ts";
import { helpText, overviewText } from "../../../lib/command_line/help_text.ts";
import { resolveConfig } from "../../../lib/config.ts";
import { UsageError } from "../../../lib/errors.ts";
import { flagsOf } from "../../../lib/options.ts";
import { loadRegistry } from "../../../lib/registry.ts";
import { widthOf } from "../../../lib/terminal/text.ts";
import { checkCommand } from "../../support/check_command.ts";
import { inFolder } from "../../support/folders.ts";
import { writeRun } from "../../support/run_folders.ts";

const registry = await loadRegistry();

/** The help of a command, as `main` asks for it. */
async function pageOf(name: string, named: Record<string, string> = {}): Promise<HelpPage> {
  const { command } = await COMMANDS[name].load();
  // Without a run where that is all that is missing.
  const layers = await Promise.resolve(command.layers?.(named) ?? []).catch(() => []);
  return await commandHelp(name, COMMANDS[name], command, { layers, named }, registry);
}

const defaultsOf = ({ sections }: HelpPage) =>
  Object.fromEntries(
    sections.flatMap(({ options }) => options.map(({ flag, default: value }) => [flag, value])),
  );

Deno.test("each command has three examples, and each of them is understood", async () => {
  for (const [name, { examples }] of Object.entries(COMMANDS)) {
    assertEquals(examples.length, 3, name);
    for (const [args] of examples) await checkCommand([name, ...args.split(" ").filter(Boolean)]);
  }
  await assertRejects(() => checkCommand(["train", "--photos=1"]), UsageError);
});

Deno.test("the first page is a screen, and every line of a help is as wide as the terminal", async () => {
  for (const name of Object.keys(COMMANDS)) {
    const page = await pageOf(name);
    assert(helpText(page, "short", 80).split("\n").length <= 40, name);
    for (const columns of [60, 80, 100]) {
      for (const extent of ["short", "all"] as const) {
        const wide = helpText(page, extent, columns).split("\n")
          .filter((line) => widthOf(line) > columns && !line.startsWith("  deno task "));
        assertEquals(wide, [], `${name} at ${columns}`);
      }
    }
  }
});

Deno.test("--help=all shows every option of the command and of the plugins in use", async () => {
  for (const name of ["train", "sweep", "linear", "data"]) {
    const page = await pageOf(name);
    const flags = [...page.plugins, ...page.sections.flatMap(({ options }) => options)]
      .map(({ flag }) => flag);
    const written = (extent: "short" | "all") =>
      [...helpText(page, extent, 80).matchAll(/^ {2}(--[\w.]+)/gm)].map(([, flag]) => flag)
        .filter((flag) => flags.includes(flag));
    assertEquals(written("all"), flags);
    assert(written("short").length <= flags.length);
  }
  const { command: { spec } } = await COMMANDS.train.load();
  const [own] = (await pageOf("train")).sections;
  assertEquals(
    own.options.map(({ flag }) => flag),
    flagsOf(spec.options).map(({ name }) => `--${name}`),
  );
});

Deno.test("the first page has the options changed most, and all that were given", async () => {
  const shown = async (name: string, named: Record<string, string> = {}) =>
    helpText(await pageOf(name, named), "short", 80);
  const train = await shown("train");
  for (const flag of ["--epochs", "--tau_plus", "--device", "--resume"]) {
    assertMatch(train, new RegExp(`^ {2}${flag}=`, "m"));
  }
  assert(!train.includes("--positives"), train);
  assertMatch(train, /^These are \d+ of \d\d options: --help=all shows all\.$/m);
  assertStringIncludes(await shown("train", { objective: "debiased" }), "  --positives=1");
  assertStringIncludes(await shown("knn"), "  --k=200");
  // Of the probe that the command is named after, every option.
  assertStringIncludes(await shown("linear"), "  --learning_rate=0.001");
});

Deno.test("the defaults are those that will run: a preset's, or the options' own", async () => {
  const { "--epochs": epochs, "--widths": widths } = defaultsOf(await pageOf("train"));
  assertEquals([epochs, widths], [12, [16, 32, 64, 128]]);
  assertEquals((await pageOf("train")).defaults, ["presets/quickstart.json"]);
  const other = defaultsOf(await pageOf("train", { dataset: "cifar10" }));
  assertEquals([other["--epochs"], other["--widths"]], [500, [32, 64, 128]]);
  const preset = await pageOf("train", { preset: "dcl-cifar10" });
  assertEquals(preset.plugins.map(({ default: name }) => name), [
    "cifar10",
    "resnet50",
    "debiased",
    "linear",
  ]);
  assertEquals(defaultsOf(preset)["--protocol"], "dcl");
  // What the preset says of its encoder is nothing of another's.
  const resnet = await pageOf("train", { preset: "quickstart", encoder: "resnet18" });
  assertEquals(defaultsOf(resnet)["--stem"], "small");
});

Deno.test("a command over a run has the run's defaults", async () => {
  await inFolder(async (cwd) => {
    const run = await writeRun(cwd, "mine", [], {
      dataset: "synthetic",
      "dataset.classes": 3,
      encoder: "resnet18",
      "encoder.stem": "imagenet",
      seed: 7,
      k: 33,
      probe: "linear",
      "probe.protocol": "dcl",
    });
    for (const name of ["linear", "knn", "embed", "export"]) {
      const page = await pageOf(name, { run });
      const defaults = defaultsOf(page);
      assertEquals(page.defaults[0], `${run}/config.json`);
      assertEquals([defaults["--classes"], defaults["--stem"], defaults["--seed"]], [
        3,
        "imagenet",
        7,
      ]);
    }
    assertEquals(defaultsOf(await pageOf("knn", { run }))["--k"], 33);
    assertEquals(defaultsOf(await pageOf("linear", { run }))["--protocol"], "dcl");
  });
});

Deno.test("--trust is a flag of the commands that open runs", async () => {
  const names: string[] = [];
  for (const name of Object.keys(COMMANDS)) {
    const { common } = await pageOf(name);
    if (common.some(({ flag }) => flag === "--trust")) names.push(name);
  }
  assertEquals(names.sort(), ["embed", "export", "knn", "linear", "report", "train"]);
});

Deno.test("commands that make no random views have no options for them", async () => {
  for (const name of ["embed", "export"]) {
    const { command: { spec } } = await COMMANDS[name].load();
    const titles = (await pageOf(name)).sections.map(({ title }) => title);
    assertEquals(titles.includes("Views"), false);
    const layer = { source: "the command line", values: { crop_size: "20" }, text: true };
    await assertRejects(
      () => resolveConfig(spec, [layer], registry),
      UsageError,
      "Cannot understand --crop_size: there is no such option here",
    );
  }
});

Deno.test("a sweep's list of plugins has the options of its first", async () => {
  const page = await pageOf("sweep", { objective: "hard,biased" });
  assertEquals(defaultsOf(page)["--beta"], 1);
});

Deno.test("a name that two sections own stands in full, with the rule; numbers are short", async () => {
  const text = helpText(await pageOf("train"), "all", 80);
  assertStringIncludes(text, "  --probe.epochs=100");
  assertStringIncludes(
    text.replaceAll("\n", " "),
    "An option with a dot, as --probe.epochs, shares its name with others: the bare",
  );
  assertStringIncludes(text, "  --crop_ratio_max=1.333 ");
  const headings = text.split("\n").filter((line) => /^[A-Z][\w -]*:$/.test(line));
  assertEquals(headings, [
    "Examples:",
    "Plugins:",
    "Options:",
    "Encoder conv:",
    "Objective debiased:",
    "Probe linear:",
    "Views:",
    "Normalization:",
    "Common options:",
  ]);
});

Deno.test("the list of commands is as wide as the terminal", () => {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => ({ name, summary }));
  const text = overviewText({ summary: "what it is", usage: "deno task …", commands }, 60);
  assertEquals(text.split("\n").filter((line) => widthOf(line) > 60), []);
});

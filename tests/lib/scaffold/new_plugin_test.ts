import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { openDevice } from "../../../lib/device/device.ts";
import { UsageError } from "../../../lib/errors.ts";
import { KINDS, loadPlugin } from "../../../lib/registry.ts";
import { newPlugin } from "../../../lib/scaffold/new_plugin.ts";
import { instantiate } from "../../../lib/scaffold/new_plugin.ts";
import { failuresOf, reportOf } from "../../support/check_report.ts";
import { keptIn, type Outcome, runCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

async function deno(cwd: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: keptIn(cwd),
  }).output();
  const said = new TextDecoder().decode(new Uint8Array([...stdout, ...stderr]));
  assertEquals(code, 0, `deno ${args.join(" ")}\n${said}`);
}

async function filesOf(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("a new plugin of each kind is formatted, lints, passes every check, and trains", async () => {
  await inFolder(async (folder) => {
    for (const kind of KINDS) await newPlugin(kind, `my-own-${kind}`, folder);
    assertEquals(
      await filesOf(folder),
      ["deno.json", ...KINDS.flatMap((kind) => [`my-own-${kind}.ts`, `my-own-${kind}_test.ts`])],
    );
    await deno(folder, "fmt", "--check");
    await deno(folder, "lint");
    const device = await openDevice("wasm");
    for (const kind of KINDS) {
      const plugin = await loadPlugin(`${folder}/my-own-${kind}.ts`);
      assertEquals(failuresOf(await reportOf(device, plugin)), {}, kind);
    }
    const shapeless = TINY.filter((option) =>
      !/dataset|encoder|classes|train|test|size=16/.test(option)
    );
    const { code, stdout, stderr } = await runCommand(folder, [
      "train",
      ...shapeless,
      ...KINDS.flatMap((kind) => [
        `--plugin=./my-own-${kind}.ts`,
        `--${kind}=my-own-${kind}`,
      ]),
      "--images=64",
      "--width=4",
      "--margin=0.2",
      "--cosine=false",
      "--batch_size=16",
      "--max_steps=2",
      "--no-baselines",
    ]);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, "my-own-probe top-1");
  });
});

Deno.test("in a folder of its own a plugin has its tasks, links to the checkout, and says what to do", async () => {
  await inFolder(async (cwd) => {
    const { code, stdout, stderr } = await runCommand(cwd, [
      "plugins",
      "new",
      "dataset",
      "gratings",
      "--to=some where",
    ]);
    assertEquals(code, 0, stderr);
    assertEquals(stdout.split("\n").slice(-5), [
      "  go there        cd 'some where'",
      "  check it        deno task check",
      "  test it         deno task test",
      "  train with it   deno task train --epochs=2",
      "",
    ]);
    const project = JSON.parse(await Deno.readTextFile(`${cwd}/some where/deno.json`));
    assertEquals(project.exports, "./gratings.ts");
    const [link] = project.links;
    assertEquals(await Deno.realPath(`${cwd}/some where/${link}`), await Deno.realPath(REPOSITORY));
    assertStringIncludes(project.tasks.train, "--preset=quickstart --dataset=gratings");
    const again = await runCommand(cwd, [
      "plugins",
      "new",
      "dataset",
      "gratings",
      "--to=some where",
    ]);
    refused(again, 2, "gratings.ts: it exists already, and nothing is overwritten");
  });
});

Deno.test("an existing deno.json is not changed, and what it lacks is listed", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/deno.json`, "{}\n");
    const { files, next } = await newPlugin("probe", "means", `${folder}/below`);
    assertEquals(files, [`${folder}/below/means.ts`, `${folder}/below/means_test.ts`]);
    assertEquals(await Deno.readTextFile(`${folder}/deno.json`), "{}\n");
    assertEquals(next[0].what, "add what it imports");
    assertStringIncludes(next[0].command, " jsr:@tauplus/tauplus@^");
    assertEquals(next.slice(1).map(({ what }) => what), ["check it", "test it", "train with it"]);
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      '{ "imports": { "@tauplus/tauplus": "jsr:@tauplus/tauplus", "@std/assert": "jsr:@std/assert" } }',
    );
    assertEquals((await newPlugin("probe", "other", folder)).next.length, 3);
  });
});

Deno.test("in the checkout the next steps are its tasks", async () => {
  const folder = await Deno.makeTempDir({ dir: `${REPOSITORY}/tests`, prefix: ".new-" });
  try {
    const { files, next } = await newPlugin("encoder", "two-stage", folder);
    assertEquals(files.length, 2);
    const [check, test, train] = next.map(({ command }) => command);
    assert(/^deno task plugins check \.?\/.*\/two-stage\.ts$/.test(check), check);
    assert(/^deno test -A .*\/two-stage_test\.ts$/.test(test), test);
    assert(/^deno task train --plugin=\S+ --encoder=two-stage --epochs=2$/.test(train), train);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("nothing is written where a file is there or the folder cannot be", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/hinge_test.ts`, "mine");
    await assertRejects(
      () => newPlugin("objective", "hinge", folder),
      UsageError,
      "hinge_test.ts: it exists already",
    );
    assertEquals(await filesOf(folder), ["hinge_test.ts"]);
    await assertRejects(
      () => newPlugin("objective", "hinge", `${folder}/hinge_test.ts/below`),
      UsageError,
      "--to must be a folder",
    );
  });
});

Deno.test("names and kinds that cannot be are refused with what to do", async () => {
  await inFolder(async (cwd) => {
    const refusals: [string[], string][] = [
      [["objective", "CosineHinge"], "Call it cosine-hinge."],
      [["objective", "3d hinge"], "Call it d-hinge."],
      [["objective", "../hinge"], "lower-case words and digits joined by -"],
      [["objective", "-"], "Cannot"],
      [["objective", "x"], "2 to 40 characters"],
      [["objective", "con"], "no device name of Windows"],
      [["objective", "debiased"], "the name is taken"],
      [["loss", "hinge"], "its kind must be one of dataset, encoder, objective, probe"],
      [["objective"], "it needs a kind (dataset, encoder, objective, probe) and a name"],
    ];
    for (const [words, message] of refusals) {
      const outcome: Outcome = await runCommand(cwd, ["plugins", "new", ...words]);
      refused(outcome, 2, message);
    }
    assertEquals(await filesOf(cwd), []);
  });
});

Deno.test("a template from the registry, with versions in its specifiers, imports by names", () => {
  const published = [
    'import { z } from "jsr:@tauplus/tauplus@^0.1.0";',
    'import { conv2d } from "jsr:/@tauplus/tauplus@0.1.0/nn";',
    'import plugin from "./template.ts";',
  ];
  assertEquals(instantiate(published.join("\n"), "hinge").split("\n"), [
    'import { z } from "@tauplus/tauplus";',
    'import { conv2d } from "@tauplus/tauplus/nn";',
    'import plugin from "./hinge.ts";',
  ]);
});

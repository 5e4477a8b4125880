import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadRun, UsageError } from "../../mod.ts";
import { openRun } from "../../lib/open_run.ts";
import { latestRun, listCheckpoints } from "../../lib/run/run_folder.ts";
import { runCommand, runInTurn, TINY } from "../support/command_line.ts";
import { inFolder } from "../support/folders.ts";
import { refused } from "../support/refused.ts";

const SHORT = ["--max_steps=2", "--no-baselines"];

/** A plugin that leaves a file behind when it is loaded. */
const evil = (kind: string, marker: string) => `
  Deno.writeTextFileSync(${JSON.stringify(marker)}, "ran");
  import { z } from "npm:zod@4";
  export default {
    apiVersion: 1, kind: "${kind}", name: "evil", summary: "Runs",
    options: z.strictObject({}),
    create: () => ({ loss: ({ views: [a, b] }) => a.sub(b).square().mean() }),
  };`;

/** A run that was trained here, with other plugins and options written into it. */
async function strangersRun(
  cwd: string,
  name: string,
  changes: Record<string, unknown>,
): Promise<string> {
  const run = (await latestRun(`${cwd}/runs`))!;
  const folder = `${cwd}/others/${name}`;
  await Deno.mkdir(folder, { recursive: true });
  const [{ path }] = await listCheckpoints(run);
  await Deno.copyFile(path, `${folder}/checkpoint-0-step-2.safetensors`);
  const config: Record<string, unknown> = {
    ...JSON.parse(await Deno.readTextFile(`${run}/config.json`)),
    ...changes,
  };
  // Options of what a plugin has taken the place of are not its own.
  for (const name of Object.keys(config)) {
    const [role] = name.split(".");
    if (name !== role && changes[role] !== undefined) delete config[name];
  }
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  return folder;
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test({
  name: "no command runs the plugins of a run that was not made here",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    inFolder(async (cwd) => {
      assertEquals((await runCommand(cwd, ["train", ...TINY, ...SHORT])).code, 0);
      const marker = `${cwd}/ran`;
      const path = `${cwd}/evil.ts`;
      await Deno.writeTextFile(path, evil("objective", marker));
      const data = `data:text/javascript,${encodeURIComponent(evil("objective", marker))}`;
      const plugin = [data, path, "http://127.0.0.1:9/evil.ts", "npm:evil-plugin", "jsr:@evil/x"];
      // Its encoder is a plugin's, so that it cannot be opened; or but its objective, so that it can.
      const closed = await strangersRun(cwd, "closed", { plugin, encoder: "evil" });
      const open = await strangersRun(cwd, "open", { plugin, objective: "evil" });
      const file = "checkpoint-0-step-2.safetensors";
      const wasm = "--device=wasm";
      const reads = (run: string) => [
        ["knn", `--run=${run}`, wasm],
        ["linear", `--run=${run}`, wasm],
        ["embed", `--run=${run}`, wasm],
        ["export", `--run=${run}`, "--format=safetensors", wasm],
        ["export", `--model_path=${run}/${file}`, "--format=onnx", wasm],
      ];
      const report = (run: string) => ["report", `--run=${run}`, "--points=5", wasm];
      const resume = (run: string) => ["train", `--resume=${run}`, wasm];
      const outcomes = await runInTurn(cwd, [
        ...reads(closed),
        resume(closed),
        resume(open),
        ...reads(open),
        report(open),
        report(closed),
      ]);
      assert(!await exists(marker), "a plugin was run");
      const words = ["was not made here", "data:text/javascript", "npm:evil-plugin", "--trust"];
      for (const outcome of outcomes.slice(0, 7)) refused(outcome, 2, ...words);
      for (const { code, stderr } of outcomes.slice(7)) {
        assertEquals(code, 0, stderr);
      }
      assertStringIncludes(outcomes[7].stderr, "--trust loads them");
      const page = await Deno.readTextFile(`${open}/report/index.html`);
      assert(await exists(`${open}/report/map.svg`), "the map needs no objective");
      assertStringIncludes(page, "Cannot use the objective evil");
      assertStringIncludes(
        await Deno.readTextFile(`${closed}/report/index.html`),
        "Cannot use the encoder evil",
      );

      await assertRejects(() => loadRun(closed, { device: "wasm" }), UsageError, "trust: true");
      await loadRun(open, { device: "wasm" });
      assert(!await exists(marker), "the library ran a plugin");
      // It is there to be run: the same run, trusted.
      const one = await strangersRun(cwd, "one", { plugin: [path], objective: "evil" });
      const trusted = await runCommand(cwd, [...report(one), "--trust"]);
      assertEquals(trusted.code, 0, trusted.stderr);
      assert(await exists(marker));
    }),
});

Deno.test("a run made here with a plugin is opened with it, until the plugin is changed", () =>
  inFolder(async (cwd) => {
    const text = (name: string) =>
      `import "./part.ts";\nimport "${cwd}/absolute.ts";\nimport "file://${cwd}/url.ts";\n${
        evil("objective", `${cwd}/${name}`).replace("npm:zod@4", "zod")
      }`;
    const parts = ["part.ts", "absolute.ts", "url.ts"];
    for (const part of parts) await Deno.writeTextFile(`${cwd}/${part}`, "export {};");
    await Deno.writeTextFile(`${cwd}/mine.ts`, text("a"));
    const train = ["train", ...TINY, ...SHORT, "--plugin=./mine.ts", "--objective=evil"];
    const trained = await runCommand(cwd, train);
    assertEquals(trained.code, 0, trained.stderr);
    const run = (await latestRun(`${cwd}/runs`))!;
    const resume = (steps: number) => ["train", `--resume=${run}`, `--max_steps=${steps}`];
    const resumed = await runCommand(cwd, resume(3));
    assertEquals(resumed.code, 0, resumed.stderr);
    // Where it is does not matter, so a copy of it is opened too; what it is does.
    await Deno.rename(run, `${cwd}/moved`);
    const state = Deno.env.get("XDG_STATE_HOME");
    Deno.env.set("XDG_STATE_HOME", `${cwd}/state`);
    try {
      const withheld = async () => (await openRun(`${cwd}/moved`)).layer.withheld;
      assertEquals(await withheld(), undefined);
      for (const file of ["mine.ts", ...parts]) {
        const before = await Deno.readTextFile(`${cwd}/${file}`);
        await Deno.writeTextFile(`${cwd}/${file}`, before + "\n// changed");
        assertEquals(await withheld(), [`${cwd}/mine.ts`], file);
        await Deno.writeTextFile(`${cwd}/${file}`, before);
        assertEquals(await withheld(), undefined);
      }
      const config = JSON.parse(await Deno.readTextFile(`${cwd}/moved/config.json`));
      const other = JSON.stringify({ ...config, seed: 5 });
      await Deno.writeTextFile(`${cwd}/moved/config.json`, other);
      assertEquals(await withheld(), [`${cwd}/mine.ts`]);
    } finally {
      if (state === undefined) Deno.env.delete("XDG_STATE_HOME");
      else Deno.env.set("XDG_STATE_HOME", state);
    }
  }));

Deno.test("a sweep's runs have the plugins that were named for it, and none that lie there", () =>
  inFolder(async (cwd) => {
    await Deno.writeTextFile(
      `${cwd}/mine.ts`,
      evil("objective", `${cwd}/mine`).replace("npm:zod@4", "zod"),
    );
    const sweep = ["sweep", ...TINY, "--max_steps=1", "--seeds=1", "--plugin=./mine.ts"];
    const arms = ["--objective=evil", "--no-baselines", "--out=s"];
    const outcome = await runCommand(cwd, [...sweep, ...arms]);
    assertEquals(outcome.code, 0, outcome.stderr);
    const runs = [...Deno.readDirSync(`${cwd}/s`)].filter(({ isDirectory }) => isDirectory);
    assertEquals(runs.length, 1);
    // A run that lies where the sweep puts one, with a plugin that nobody named.
    const folder = `${cwd}/s/${runs[0].name}`;
    const config = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    await Deno.writeTextFile(`${cwd}/other.ts`, evil("objective", `${cwd}/ran`));
    await Deno.remove(`${folder}/results.json`);
    const planted = { ...config, plugin: [...config.plugin, `${cwd}/other.ts`] };
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(planted));
    refused(await runCommand(cwd, [...sweep, ...arms]), 3, "Cannot continue the run");
    assert(!await exists(`${cwd}/ran`));
  }));

/** What version 0.1.0 wrote, committed in tests/golden/0.1.0: see "Older versions" in docs/run-folder.md. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { decodeSafetensors } from "../../mod.ts";
import { listProbeResults, readResults } from "../../lib/run/results.ts";
import { runInTurn } from "../support/command_line.ts";
import { inFolder } from "../support/folders.ts";
import { refused } from "../support/refused.ts";

const OLD = fileURLToPath(new URL("../golden/0.1.0", import.meta.url));
const WASM = "--device=wasm";

async function copied(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copied(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

const featuresIn = async (path: string) => {
  const { tensors } = decodeSafetensors(await Deno.readFile(path), path);
  return [...tensors.get("features")!.data].map(Number);
};

Deno.test("a run of 0.1.0 is opened, evaluated, shown and continued", () =>
  inFolder(async (cwd) => {
    await copied(`${OLD}/run`, `${cwd}/runs/old`);
    const run = `${cwd}/runs/old`;
    const results = await readResults(run);
    const read = await listProbeResults(run);
    assertEquals(read.map(({ file, own, judged }) => [file, own, judged]), [
      ["knn.json", true, undefined],
      ["linear.json", true, undefined],
    ]);
    assertEquals(read[0].metrics.top1, results?.trained.knn.top1);
    const before = await featuresIn(`${run}/test.safetensors`);
    await Deno.remove(`${run}/test.safetensors`);
    const outcomes = await runInTurn(cwd, [
      ["report", "--points=5", WASM],
      ["embed", WASM],
      ["knn", WASM],
      ["export", "--format=safetensors", WASM],
      ["train", "--resume", "--epochs=3"],
    ]);
    for (const { code, stderr } of outcomes) assertEquals(code, 0, stderr);
    const page = await Deno.readTextFile(`${run}/report/index.html`);
    assertStringIncludes(page, "synthetic, or not said");
    const after = await featuresIn(`${run}/test.safetensors`);
    assertEquals(after.length, before.length);
    after.forEach((value, i) => assert(Math.abs(value - before[i]) < 1e-5, `${value}`));
    // Its k was 5, and the result says so now.
    const [knn] = await listProbeResults(run);
    assertEquals([knn.file, knn.judged?.probe_options.k], ["results/knn-synthetic.json", 5]);
    assert((await Deno.stat(`${run}/checkpoint-3.safetensors`)).isFile);
  }));

Deno.test("a run of 0.1.0 with a plugin waits for the plugin to be named", () =>
  inFolder(async (cwd) => {
    const run = `${cwd}/runs/old`;
    await copied(`${OLD}/run`, run);
    await Deno.copyFile(`${OLD}/plugin/config.json`, `${run}/config.json`);
    await Deno.remove(`${run}/metrics.jsonl`);
    const resume = ["train", "--resume", "--epochs=3", "--max_steps=0"];
    const plugin = `--plugin=${OLD}/plugin/hinge.js`;
    const [embedded, withheld, named] = await runInTurn(cwd, [
      ["embed", WASM],
      resume,
      [...resume, plugin],
    ]);
    assertEquals(embedded.code, 0, embedded.stderr);
    refused(withheld, 2, "Cannot use the objective hinge", "/home/someone/hinge.js", "--trust");
    assertEquals(named.code, 0, named.stderr);
  }));

Deno.test("the runs of a sweep of 0.1.0 are not trained again", () =>
  inFolder(async (cwd) => {
    await copied(`${OLD}/sweep`, `${cwd}/sweep`);
    const { command } = JSON.parse(await Deno.readTextFile(`${OLD}/sweep/sweep.json`));
    const folders = () => [...Deno.readDirSync(`${cwd}/sweep`)].filter((e) => e.isDirectory).length;
    assertEquals(folders(), 2);
    const again = command.replace("deno task ", "").split(" ");
    const [same, more] = await runInTurn(cwd, [again, [...again, "--learning_rate=0.5"]]);
    assertEquals(same.code, 0, same.stderr);
    assertStringIncludes(same.stderr, "2 of 2 runs are finished already.");
    // Of other results, others are.
    assertEquals(more.code, 0, more.stderr);
    assertEquals(folders(), 4);
  }));

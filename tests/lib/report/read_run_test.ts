import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import { readRun } from "../../../lib/report/report_run.ts";
import { inFolder } from "../../support/folders.ts";
import { writeRun } from "../../support/run_folders.ts";

Deno.test("a run that is being written has its lines so far, and no results", () =>
  inFolder(async (out) => {
    const path = await writeRun(out, "a", [{ step: 1, loss: 2 }]);
    const config = { epochs: 2 };
    const layer = { source: `${path}/config.json`, values: config, text: false, run: path };
    const expected = { name: "a", path, config, layer, metrics: [{ step: 1, loss: 2 }] };
    assertEquals(await readRun(path), expected);
    assertEquals((await readRun(`${path}/`)).name, "a");
    await Deno.writeTextFile(`${path}/metrics.jsonl`, '{"step":2,"lo', { append: true });
    assertEquals(await readRun(path), expected);
    const results = { device: "wasm", trained: { knn: { top1: 50, top5: 90 } } };
    await Deno.writeTextFile(`${path}/results.json`, JSON.stringify(results));
    assertEquals((await readRun(path)).results, results);
    await Deno.remove(`${path}/metrics.jsonl`);
    assertEquals((await readRun(path)).metrics, []);
  }));

Deno.test("what is no run, or a broken one, is refused by name", () =>
  inFolder(async (out) => {
    await assertRejects(() => readRun(`${out}/none`), DataError, "none");
    const path = await writeRun(out, "a");
    await Deno.writeTextFile(`${path}/metrics.jsonl`, '{\n{"step":1}\n');
    const said: string[] = [];
    const { metrics } = await readRun(path, (words) => said.push(words));
    assertEquals([metrics, said.length], [[{ step: 1 }], 1]);
    await Deno.writeTextFile(`${path}/config.json`, "[1]");
    await assertRejects(() => readRun(path), DataError, "config.json must be an object");
  }));

import { assertEquals } from "@std/assert";
import { RunList } from "../../../lib/dashboard/runs.ts";
import { lockFolder } from "../../../lib/run/lock.ts";
import { inFolder } from "../../support/folders.ts";
import { logLine, writeRun } from "../../support/run_folders.ts";

const states = async (list: RunList): Promise<Record<string, string>> =>
  Object.fromEntries((await list.list()).map(({ name, state }) => [name, state]));

Deno.test("a run is training while its lock is held, and finished by its results, steps or epochs", () =>
  inFolder(async (out) => {
    const training = await writeRun(out, "training");
    const lock = await lockFolder(training);
    await writeRun(out, "interrupted", [{ step: 5 }], { epochs: 2, max_steps: 9 });
    await writeRun(out, "steps", [{ step: 9 }], { epochs: 2, max_steps: 9 });
    await Deno.writeTextFile(`${await writeRun(out, "results")}/results.json`, "{}");
    await Deno.writeTextFile(`${await writeRun(out, "epochs")}/checkpoint-2.safetensors`, "");
    await Deno.writeTextFile(`${await writeRun(out, "epoch")}/checkpoint-1.safetensors`, "");
    await Deno.writeTextFile(`${await writeRun(out, "elsewhere")}/lock`, "1 another-machine\n");
    const list = new RunList(out);
    const expected: Record<string, string> = {
      training: "training",
      interrupted: "interrupted",
      steps: "finished",
      results: "finished",
      epochs: "finished",
      epoch: "interrupted",
      elsewhere: "training",
    };
    assertEquals(await states(list), expected);
    await lock.release();
    assertEquals(await states(list), { ...expected, training: "interrupted" });
  }));

Deno.test("the list has the newest first, and of each field the last value", () =>
  inFolder(async (out) => {
    for (const [i, name] of ["b", "c", "a"].entries()) {
      const folder = await writeRun(out, name);
      await Deno.utime(`${folder}/config.json`, i, i);
    }
    const log = `${out}/c/metrics.jsonl`;
    await Deno.writeTextFile(log, logLine({ step: 4, epoch: 1, loss: 2, knn_top1: 40 }));
    const list = new RunList(out);
    assertEquals((await list.list()).map(({ name }) => name), ["a", "c", "b"]);
    await Deno.writeTextFile(log, logLine({ step: 8, epoch: 2, loss: 1 }), { append: true });
    const [, { epoch, step, loss, knn, fields }] = await list.list();
    assertEquals({ epoch, step, loss, knn, fields }, {
      epoch: 2,
      step: 8,
      loss: 1,
      knn: 40,
      fields: ["loss", "knn_top1"],
    });
  }));

Deno.test("fields have any name, and lines that are no records are counted", () =>
  inFolder(async (out) => {
    const log = `${await writeRun(out, "a")}/metrics.jsonl`;
    const names = ["__proto__", "constructor", "toString"];
    const fields = names.map((name, i) => `"${name}":${i}`).join();
    await Deno.writeTextFile(log, `{"step":1,${fields}}\nnull\n`);
    const list = new RunList(out);
    const look = async () => (await list.list()).map(({ fields, badLines }) => [fields, badLines]);
    assertEquals(await look(), [[names, 1]]);
    await Deno.writeTextFile(log, "\n\n", { append: true });
    assertEquals(await look(), [[names, 3]]);
    await Deno.writeTextFile(log, '{"step":1,"loss":1}\n');
    assertEquals(await look(), [[["loss"], undefined]]);
  }));

Deno.test("what is no run, or lies outside by a symlink, is not listed", () =>
  inFolder(async (folder) => {
    const out = `${folder}/runs`;
    assertEquals(await new RunList(out).list(), []);
    await writeRun(out, "a", [{ step: 1 }]);
    const outside = await writeRun(folder, "outside", [{ step: 99 }]);
    await Deno.symlink(outside, `${out}/linked`);
    await Deno.mkdir(`${out}/half`);
    await Deno.symlink(`${outside}/config.json`, `${out}/half/config.json`);
    await Deno.mkdir(`${out}/empty`);
    await Deno.writeTextFile(`${out}/file`, "");
    await Deno.writeTextFile(`${await writeRun(out, "broken")}/config.json`, "{");
    // A log outside is none.
    await Deno.remove(`${out}/broken/metrics.jsonl`);
    await Deno.symlink(`${outside}/metrics.jsonl`, `${out}/broken/metrics.jsonl`);
    const list = await new RunList(out).list();
    assertEquals(list.map(({ name, step }) => [name, step]).sort(), [["a", 1], [
      "broken",
      undefined,
    ]]);
  }));

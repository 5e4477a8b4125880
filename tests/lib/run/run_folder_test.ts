import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError, UsageError } from "../../../lib/errors.ts";
import { readMetrics } from "../../../lib/run/metrics.ts";
import { writeProbeResult } from "../../../lib/run/results.ts";
import { readVerified } from "../../../lib/train/checkpoint.ts";
import {
  createRun,
  latestRun,
  listCheckpoints,
  readConfig,
  reopenRun,
  runName,
} from "../../../lib/run/run_folder.ts";

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await fn(folder);
  await Deno.remove(folder, { recursive: true });
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a run's name is the date and time, then what tells runs apart, safe as a file name", () => {
  const date = new Date("2026-11-23T22:17:01.123Z");
  assertEquals(runName(date, "debiased", "stl10", 3), "20261123-221701-debiased-stl10-3");
  assertEquals(runName(date, "a/../b", "ü", 0), "20261123-221701-a_.._b-_-0");
});

Deno.test("a run holds its configuration; a second of the same name gets a number", () =>
  inFolder(async (folder) => {
    const first = await createRun(`${folder}/runs`, "x", { seed: 1 });
    const second = await createRun(`${folder}/runs`, "x", { seed: 2 });
    assertEquals([first.path, second.path], [`${folder}/runs/x`, `${folder}/runs/x-2`]);
    assertEquals(await readConfig(second.path), { seed: 2 });
    await first.close();
    await second.close();
    assertEquals(names(second.path), ["config.json"]);
  }));

Deno.test("a run that is being written refuses a second writer", () =>
  inFolder(async (folder) => {
    const run = await createRun(folder, "x", {});
    await assertRejects(() => reopenRun(run.path), UsageError, "only one process");
    await run.close();
    await (await reopenRun(run.path)).close();
  }));

Deno.test("what is no run is not opened, and no lock is left in it", () =>
  inFolder(async (folder) => {
    await assertRejects(() => reopenRun(folder), DataError, "a folder with a config.json");
    await assertRejects(() => reopenRun(`${folder}/none`), DataError);
    await Deno.writeTextFile(`${folder}/config.json`, "{");
    await assertRejects(() => reopenRun(folder), DataError);
    assertEquals(names(folder), ["config.json"]);
  }));

Deno.test("a run cannot be made where a file stands", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/runs`, "");
    await assertRejects(() => createRun(`${folder}/runs`, "x", {}), DataError, "Cannot write");
  }));

Deno.test("the latest run is the one configured last", () =>
  inFolder(async (folder) => {
    assertEquals(await latestRun(`${folder}/none`), undefined);
    for (const [i, name] of ["b", "c", "a"].entries()) {
      await (await createRun(folder, name, {})).close();
      await Deno.utime(`${folder}/${name}/config.json`, 1000 + i, 1000 + i);
    }
    await Deno.mkdir(`${folder}/z`);
    assertEquals(await latestRun(folder), `${folder}/a`);
  }));

Deno.test("metrics are appended, and cut back to a step without a line cut short", () =>
  inFolder(async (folder) => {
    const run = await createRun(folder, "x", {});
    assertEquals(await readMetrics(run.path), []);
    for (const step of [10, 20, 30]) await run.append({ step, loss: step / 100 });
    await Deno.writeTextFile(`${run.path}/metrics.jsonl`, '{"step":4', { append: true });
    assertEquals((await readMetrics(run.path)).map(({ step }) => step), [10, 20, 30]);
    await run.truncateMetrics(20);
    assertEquals(
      await Deno.readTextFile(`${run.path}/metrics.jsonl`),
      '{"step":10,"loss":0.1}\n{"step":20,"loss":0.2}\n',
    );
    await run.close();
  }));

Deno.test("checkpoints are listed newest first; of those on the way the newest two stay", () =>
  inFolder(async (folder) => {
    const run = await createRun(folder, "x", {});
    const bytes = new Uint8Array([1]);
    await run.saveCheckpoint({ epoch: 9, stepInEpoch: 0 }, bytes);
    await run.saveCheckpoint({ epoch: 9, stepInEpoch: 2 }, bytes);
    await run.saveCheckpoint({ epoch: 9, stepInEpoch: 6 }, bytes);
    await run.saveCheckpoint({ epoch: 9, stepInEpoch: 11 }, bytes);
    const paths = () => listCheckpoints(run.path).then((all) => all.map(({ path }) => path));
    assertEquals(await paths(), [
      `${run.path}/checkpoint-9-step-11.safetensors`,
      `${run.path}/checkpoint-9-step-6.safetensors`,
      `${run.path}/checkpoint-9.safetensors`,
    ]);
    // Resumed from the older one: the newer is of a training that is over.
    await run.saveCheckpoint({ epoch: 9, stepInEpoch: 7 }, bytes);
    assertEquals((await paths()).map((path) => basename(path)), [
      "checkpoint-9-step-7.safetensors",
      "checkpoint-9-step-6.safetensors",
      "checkpoint-9.safetensors",
    ]);
    await run.saveCheckpoint({ epoch: 10, stepInEpoch: 0 }, bytes);
    assertEquals(await paths(), [
      `${run.path}/checkpoint-10.safetensors`,
      `${run.path}/checkpoint-9.safetensors`,
    ]);
    await run.close();
  }));

Deno.test("what a killed writer left unfinished is removed when the run is opened", () =>
  inFolder(async (folder) => {
    const run = await createRun(folder, "x", {});
    await Deno.writeTextFile(`${run.path}/.checkpoint-1.safetensors.123.unfinished`, "x");
    await run.close();
    await (await reopenRun(run.path)).close();
    assertEquals(names(run.path), ["config.json"]);
  }));

Deno.test({
  name: "a pipe in place of any file of a run is a DataError and no hang",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const readers: [string, (run: string) => Promise<unknown>][] = [
        ["config.json", (run) => readConfig(run)],
        ["metrics.jsonl", (run) => readMetrics(run)],
        ["checkpoint-1.safetensors", (run) => readVerified(`${run}/checkpoint-1.safetensors`)],
        ["lock", (run) => reopenRun(run)],
      ];
      for (const [name, read] of readers) {
        const run = await createRun(folder, "x", {});
        await run.close();
        await Deno.remove(`${run.path}/${name}`).catch(() => {});
        await new Deno.Command("mkfifo", { args: [`${run.path}/${name}`] }).output();
        await assertRejects(() => read(run.path), Error, name);
      }
    }),
});

Deno.test({
  name: "nothing is written through a link in a run's folder",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/elsewhere`);
      for (const name of ["metrics.jsonl", "results", "tensorboard"]) {
        const run = await createRun(folder, "x", {});
        await run.close();
        await Deno.symlink(`${folder}/elsewhere`, `${run.path}/${name}`);
        await assertRejects(() => reopenRun(run.path), DataError, "symbolic link");
        await assertRejects(() => reopenRun(run.path), DataError, "symbolic link"); // no lock is left
      }
      const run = await createRun(folder, "y", {});
      await Deno.symlink(`${folder}/elsewhere`, `${run.path}/results`);
      const judged = { probe: "knn", probe_options: {}, dataset: "d", dataset_options: {} };
      const variant = { data: "", weights: "" };
      await assertRejects(
        () => writeProbeResult(run.path, variant, judged as never, { top1: 1, top5: 1 }),
        DataError,
        "symbolic link",
      );
      await run.close();
      assertEquals([...Deno.readDirSync(`${folder}/elsewhere`)], []);
    }),
});

/** Runs `tests/support/write_limited.ts` where no file may have more than so many blocks. */
async function writeLimited(blocks: number, path: string, what: string): Promise<string> {
  const script = fileURLToPath(new URL("../../support/write_limited.ts", import.meta.url));
  const limited = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" run -A --no-check "$@"`;
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", limited, Deno.execPath(), script, path, what],
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: "a full disk while a run is made leaves no folder",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      assertStringIncludes(
        await writeLimited(0, `${folder}/runs`, "new"),
        "DataError: Cannot write",
      );
      assertEquals(names(folder), []);
    }),
});

for (const what of ["lock", "checkpoint", "metrics"]) {
  const blocks = what === "lock" ? 0 : 8;
  Deno.test({
    name: `a full disk while writing ${what} is a DataError and leaves what was there`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      inFolder(async (folder) => {
        const run = await createRun(folder, "x", {});
        await run.append({ step: 1 });
        await run.saveCheckpoint({ epoch: 1, stepInEpoch: 0 }, new Uint8Array(9));
        await run.close();
        const said = await writeLimited(blocks, run.path, what);
        assertStringIncludes(said, "DataError: Cannot write " + run.path);
        assertStringIncludes(said, `then go on with --resume=${run.path}.`);
        assertEquals(await readMetrics(run.path), [{ step: 1 }]);
        assertEquals(names(run.path), [
          "checkpoint-1.safetensors",
          "config.json",
          "metrics.jsonl",
        ]);
        await (await reopenRun(run.path)).close();
      }),
  });
}

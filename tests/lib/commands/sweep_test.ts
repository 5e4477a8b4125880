import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import sharp from "sharp";
import { readMetrics } from "../../../lib/run/metrics.ts";
import { listCheckpoints } from "../../../lib/run/run_folder.ts";
import type { SweepReport } from "../../../lib/sweep/report.ts";
import { runCommand, startCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";

const ARGS = ["sweep", ...TINY, "--objective=biased,debiased", "--log_every=1", "--out=s"];

const read = async (cwd: string): Promise<SweepReport> =>
  JSON.parse(await Deno.readTextFile(`${cwd}/s/sweep.json`));

/** The folders of the runs that have begun, by name. */
async function runsIn(cwd: string): Promise<string[]> {
  const folders: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(`${cwd}/s`)) {
      if (isDirectory) folders.push(`${cwd}/s/${name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return folders.sort();
}

/** Waits until `enough` is true, or the command has ended. */
async function until(
  child: Deno.ChildProcess,
  enough: () => Promise<boolean>,
): Promise<void> {
  let ended = false;
  child.status.then(() => ended = true);
  while (!ended && !await enough()) await new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test("a sweep leaves runs and a report; the same command again trains nothing, more adds", async () => {
  await inFolder(async (cwd) => {
    const args = [...ARGS, "--max_steps=2", "--tau_plus=0.2"];
    const first = await runCommand(cwd, [...args, "--seeds=2", "--jobs=2"]);
    assertEquals(first.code, 0, first.stderr);
    for (const row of ["biased", "debiased tau_plus=0.2", "untrained encoder", "raw pixels"]) {
      assertMatch(first.stdout, new RegExp(`^${row} +[\\d.]+ ± [\\d.]+ `, "m"));
    }
    assertEquals((await runsIn(cwd)).length, 4);
    const sweep = await read(cwd);
    assertMatch(sweep.command, /^deno task sweep .*--seeds=2/);
    assertMatch(sweep.devices[0], /^wasm: /);
    const [biased, debiased] = sweep.arms;
    assertEquals([biased.clampRate, debiased.clampRate?.n], [null, 2]);
    assertEquals(debiased.falseNegativeRate?.n, 2);
    for (const { seed, folder, trained, steps } of debiased.runs) {
      const { top1 } = JSON.parse(
        await Deno.readTextFile(`${cwd}/${folder}/results/linear-synthetic.json`),
      );
      assertEquals([trained?.linear.top1, steps], [top1, 2], `seed ${seed}`);
    }
    const page = await Deno.readTextFile(`${cwd}/s/sweep.md`);
    assertStringIncludes(page, sweep.command);
    assertEquals((await sharp(`${cwd}/s/sweep.svg`).metadata()).format, "svg");

    // All runs in one file, which is enough to compute the rest again.
    const bytes = await Deno.readFile(`${cwd}/s/metrics.jsonl.gz`);
    const lines = new TextDecoder().decode(gunzipSync(bytes)).trim().split("\n")
      .map((line) => JSON.parse(line));
    for (const { label, runs } of sweep.arms) {
      for (const { seed, folder, device, trained, untrained, pixels } of runs) {
        const run = basename(folder);
        const log = (await readMetrics(`${cwd}/${folder}`)).map((record) => ({ run, ...record }));
        const found = { run, arm: label, seed, device, trained, untrained, pixels };
        assertEquals(
          lines.filter((line) => line.run === run),
          [...log, JSON.parse(JSON.stringify(found))],
        );
      }
    }
    assertEquals(lines.length, 4 * (2 + 1));

    const again = await runCommand(cwd, [...args, "--seeds=3"]);
    assertEquals(again.code, 0, again.stderr);
    assertStringIncludes(again.stderr, "4 of 6 runs are finished already");
    const more = await read(cwd);
    assertEquals(more.arms[1].runs.slice(0, 2), debiased.runs);
    assertEquals(more.arms[1].scores.knn.difference?.n, 3);
  });
});

Deno.test("a killed training costs that run alone, and is continued by the same command", async () => {
  await inFolder(async (cwd) => {
    const args = [...ARGS, "--seeds=1", "--epochs=40", "--save_every=1", "--no-baselines"];
    const child = startCommand(cwd, args);
    let [run] = [""];
    await until(child, async () => {
      [run] = await runsIn(cwd);
      return run !== undefined && (await readMetrics(run)).length > 5;
    });
    const [pid] = (await Deno.readTextFile(`${run}/lock`)).split(" ");
    Deno.kill(Number(pid), "SIGKILL");
    const { code, stderr, stdout } = await child.output();
    const remarks = new TextDecoder().decode(stderr);
    assertEquals(code, 1, remarks);
    assertStringIncludes(remarks, "1 of 2 runs failed, the first so: It was ended by SIGKILL");
    assertMatch(new TextDecoder().decode(stdout), /^biased \(n = 0\) +– +baseline/m);
    const begun = (await readMetrics(run)).length;
    assert(begun < 160, "it was killed before its end");

    const again = await runCommand(cwd, args);
    assertEquals(again.code, 0, again.stderr);
    assertStringIncludes(again.stderr, "1 of 2 runs are finished already");
    // As one that was never stopped.
    const config = `--config=${run}/config.json`;
    assertEquals((await runCommand(cwd, ["train", config, "--out=whole"])).code, 0);
    const [whole] = [...Deno.readDirSync(`${cwd}/whole`)].map(({ name }) => `${cwd}/whole/${name}`);
    const losses = async (folder: string) => (await readMetrics(folder)).map(({ loss }) => loss);
    assertEquals(await losses(run), await losses(whole));
    assertEquals(
      await Deno.readTextFile(`${run}/results/linear-synthetic.json`),
      await Deno.readTextFile(`${whole}/results/linear-synthetic.json`),
    );
  });
});

Deno.test("Ctrl-C saves the current run, starts no other, and says how to continue", async () => {
  await inFolder(async (cwd) => {
    const child = startCommand(cwd, [...ARGS, "--seeds=1", "--epochs=100000"]);
    await until(child, async () => {
      const [run] = await runsIn(cwd);
      return run !== undefined && (await readMetrics(run)).length > 0;
    });
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    const remarks = new TextDecoder().decode(stderr);
    assertEquals(code, 130, remarks);
    assertStringIncludes(remarks, "0 of 2 runs finished");
    assertStringIncludes(remarks, "Go on with the same command");
    const runs = await runsIn(cwd);
    assertEquals(runs.length, 1);
    assertEquals((await listCheckpoints(runs[0])).length, 1);
    for (const lock of [`${runs[0]}/lock`, `${cwd}/s/lock`]) {
      assertEquals(await Deno.stat(lock).catch(() => "gone"), "gone");
    }
  });
});

Deno.test("what cannot be swept is refused before anything is trained", async () => {
  await inFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/images`);
    const image = sharp({ create: { width: 16, height: 16, channels: 3, background: "red" } });
    for (let i = 0; i < 4; i++) await image.clone().png().toFile(`${cwd}/images/${i}.png`);
    const folder = ["sweep", "--dataset=folder", "--path=images", "--image_size=16"];
    refused(await runCommand(cwd, folder), 2, "Cannot sweep over folder: its splits", "labeled");
    refused(
      await runCommand(cwd, [...ARGS, "--k=65"]),
      2,
      "at most 64, the labeled training examples",
    );
    refused(await runCommand(cwd, [...ARGS, "--baseline=oracle"]), 2, '"biased", "debiased"');
    refused(await runCommand(cwd, [...ARGS, "--tau_pluss=0,1"]), 2, "Did you mean --tau_plus?");
    assertEquals([...Deno.readDirSync(cwd)].map(({ name }) => name).includes("s"), false);
  });
});

Deno.test("the help of a sweep shows the options of the first of its objectives", async () => {
  await inFolder(async (cwd) => {
    const { code, stdout } = await runCommand(cwd, ["sweep", "--objective=hard,biased", "--help"]);
    assertEquals(code, 0);
    assertMatch(stdout, /^ {2}--beta=1 /m);
  });
});

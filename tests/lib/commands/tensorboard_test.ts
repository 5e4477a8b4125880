import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import sharp from "sharp";
import { trainCommandOptions } from "../../../lib/commands/train.ts";
import { readMetrics } from "../../../lib/run/metrics.ts";
import { latestRun } from "../../../lib/run/run_folder.ts";
import { runCommand, startCommand, TINY, untilLogged } from "../../support/command_line.ts";
import { type Events, readEvents, scalarsOf, testWithEvents } from "../../support/event_reader.ts";
import { inFolder } from "../../support/folders.ts";

const imagesOf = (events: Events) =>
  events.flatMap(({ summary }) => summary?.value ?? []).filter(({ image }) => image)
    .map(({ tag }) => tag);
const board = (run: string) => `${run}/tensorboard`;
const filesOf = (run: string) => [...Deno.readDirSync(board(run))].map(({ name }) => name).sort();

/** The scalars that a run's metrics log stands for. */
async function logged(run: string): Promise<Record<string, [number, number][]>> {
  const scalars: Record<string, [number, number][]> = {};
  for (const { step, ...fields } of await readMetrics(run)) {
    for (const [name, value] of Object.entries(fields)) {
      const tag = `${"loss" in fields ? "train" : "eval"}/${name}`;
      if (typeof value === "number") (scalars[tag] ??= []).push([step, Math.fround(value)]);
    }
  }
  return scalars;
}

/** The scalars of the events, those of the end left out. */
const told = (events: Events) =>
  Object.fromEntries(
    Object.entries(scalarsOf(events)).filter(([tag]) => /^(train|eval)\//.test(tag))
      .map(([tag, points]) => [tag, points.map(([step, value]) => [step, Math.fround(value)])]),
  );

Deno.test("nothing is written for TensorBoard unless it is asked for", () => {
  assertEquals(trainCommandOptions.parse({}).tensorboard, false);
});

testWithEvents(
  "train --tensorboard writes all of a run, and its configuration keeps the flag",
  () =>
    inFolder(async (cwd) => {
      const short = ["--epochs=2", "--eval_every=1", "--log_every=3", "--no-baselines"];
      const options = [...TINY, ...short, "--tensorboard"];
      const { code, stderr } = await runCommand(cwd, ["train", ...options]);
      assertEquals(code, 0, stderr);
      assertMatch(stderr, /^To open it: tensorboard --logdir=runs$/m);
      const run = (await latestRun(`${cwd}/runs`))!;
      const events = await readEvents(board(run));
      assertEquals(told(events), await logged(run));
      assertEquals(scalarsOf(events)["eval/knn_top1"].length, 2);
      const { trained } = JSON.parse(await Deno.readTextFile(`${run}/results.json`));
      const end = scalarsOf(events);
      assertEquals(Math.fround(end["test/linear_top1"][0][1]), Math.fround(trained.linear.top1));
      assertEquals(imagesOf(events), ["test/knn_confusion", "test/linear_confusion"]);
      assertEquals(filesOf(run).slice(1), [
        "metadata.tsv",
        "projector_config.pbtxt",
        "sprite.png",
        "tensors.tsv",
      ]);
      const { width } = await sharp(`${board(run)}/sprite.png`).metadata();
      assertEquals(width, 5 * 16);
      // Each line of the log is an event at the time of the line.
      const lines = events.filter(({ summary }) =>
        /^(train|eval)\//.test(summary?.value[0].tag ?? "")
      );
      assertEquals(
        lines.map((event) => event.wall_time),
        (await readMetrics(run)).map(({ time }) => Date.parse(String(time)) / 1000),
      );
      const times = events.map((event) => event.wall_time);
      assertEquals(times, times.toSorted());

      const again = ["train", `--config=${run}/config.json`, "--out=again", "--max_steps=1"];
      assertEquals((await runCommand(cwd, again)).code, 0);
      const second = (await latestRun(`${cwd}/again`))!;
      assertEquals(told(await readEvents(board(second))), await logged(second));
    }),
);

testWithEvents(
  "a killed run can be viewed, and after resuming no step is there twice",
  () =>
    inFolder(async (cwd) => {
      const options = ["--epochs=12", "--save_every=1", "--log_every=1", "--no-baselines"];
      const child = startCommand(cwd, ["train", ...TINY, ...options, "--tensorboard"]);
      // Within the second epoch or a later one, each of four steps.
      await untilLogged(child, cwd, (lines) => lines > 5 && lines % 4 !== 0);
      child.kill("SIGKILL");
      await child.output();
      const run = (await latestRun(`${cwd}/runs`))!;
      const before = told(await readEvents(board(run)))["train/loss"];
      assert(before.length >= 5 && before.length < 48, "it was killed before its end");
      // The log may be ahead by the line that was being told.
      assertEquals(before, (await logged(run))["train/loss"].slice(0, before.length));

      const resumed = await runCommand(cwd, ["train", `--resume=${run}`]);
      assertEquals(resumed.code, 0, resumed.stderr);
      const after = told(await readEvents(board(run)));
      assertEquals(after, await logged(run));
      assertEquals(
        after["train/loss"].map(([step]) => step),
        Array.from({ length: 48 }, (_, i) => i + 1),
      );
    }),
);

testWithEvents(
  "the event file of an interrupted run has all of its log",
  () =>
    inFolder(async (cwd) => {
      // No line is of steps: those of evaluations wait for one, or for the end.
      const options = ["--epochs=100000", "--log_every=100000", "--eval_every=1", "--tensorboard"];
      const child = startCommand(cwd, ["train", ...TINY, ...options]);
      await untilLogged(child, cwd, (lines) => lines > 1);
      child.kill("SIGINT");
      assertEquals((await child.output()).code, 130);
      const run = (await latestRun(`${cwd}/runs`))!;
      assertEquals(told(await readEvents(board(run))), await logged(run));
    }),
);

testWithEvents(
  "a run without labels has curves and features, and no confusion matrix",
  () =>
    inFolder(async (cwd) => {
      await Deno.mkdir(`${cwd}/photos`);
      for (let i = 0; i < 20; i++) {
        const background = { r: 12 * i, g: 255 - 12 * i, b: 100 };
        await sharp({ create: { width: 16, height: 16, channels: 3, background } })
          .png().toFile(`${cwd}/photos/${i}.png`);
      }
      const { code, stderr } = await runCommand(cwd, [
        "train",
        ...TINY.filter((option) => !/^--(dataset|classes|train|test|size)=/.test(option)),
        "--batch_size=8",
        "--dataset=folder",
        "--path=photos",
        "--image_size=16",
        "--max_steps=2",
        "--tensorboard",
      ]);
      assertEquals(code, 0, stderr);
      const run = (await latestRun(`${cwd}/runs`))!;
      const events = await readEvents(board(run));
      assertEquals(told(events), await logged(run));
      assertEquals(imagesOf(events), []);
      assertEquals(filesOf(run).slice(1), ["projector_config.pbtxt", "sprite.png", "tensors.tsv"]);
      const config = await Deno.readTextFile(`${board(run)}/projector_config.pbtxt`);
      assertEquals(config.includes("metadata_path"), false);
    }),
);

Deno.test("a training that cannot begin says why, with --tensorboard as without", () =>
  inFolder(async (cwd) => {
    const options = [...TINY, "--batch_size=65", "--tensorboard"];
    const { code, stderr } = await runCommand(cwd, ["train", ...options]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "batch");
    assertEquals(await latestRun(`${cwd}/runs`), undefined);
  }));

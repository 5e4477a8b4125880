import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import type { MetricsRecord } from "../../../lib/run/metrics.ts";
import { createRun, type RunFolder } from "../../../lib/run/run_folder.ts";
import { EventFile, FOLDER } from "../../../lib/tensorboard/event_file.ts";
import { eventFiles, readEvents, scalarsOf, testWithEvents } from "../../support/event_reader.ts";

const CONFIG = { objective: "debiased", "objective.tau_plus": 0.1, widths: [4, 8], path: "a|`b`" };

const trained = (step: number): MetricsRecord => ({
  epoch: 1 + Math.floor(step / 20),
  step,
  loss: 5 - step / 100,
  learning_rate: 0.001,
  time: new Date(1.7e12 + 1000 * step).toISOString(),
});
const evaluated = (step: number): MetricsRecord => ({
  epoch: step / 20,
  step,
  knn_top1: step,
  time: new Date(1.7e12 + 1000 * step + 500).toISOString(),
});

async function inRun(act: (run: RunFolder, folder: string) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir();
  const run = await createRun(parent, "run", CONFIG);
  await act(run, `${run.path}/${FOLDER}`);
  await run.close();
  await Deno.remove(parent, { recursive: true });
}

const fileIn = (folder: string) => {
  const [path, ...others] = eventFiles(folder);
  assertEquals(others, []);
  return path;
};

testWithEvents(
  "an event file has every number of the log, with its step and time",
  () =>
    inRun(async (run, folder) => {
      for (const step of [10, 20]) await run.append(trained(step));
      await run.append(evaluated(20));
      (await EventFile.of(run.path)).follow();
      const events = await readEvents(folder);
      assertEquals(events[0].file_version, "brain.Event:2");
      assertEquals(events[1].session_log, { status: 1 });
      const float = Math.fround;
      const scalars = scalarsOf(events);
      assertEquals(Object.keys(scalars).sort(), [
        "eval/epoch",
        "eval/knn_top1",
        "train/epoch",
        "train/learning_rate",
        "train/loss",
      ]);
      assertEquals(scalars["eval/knn_top1"], [[20, 20]]);
      const losses = scalars["train/loss"].map(([step, loss]) => [step, float(loss)]);
      assertEquals(losses, [[10, float(4.9)], [20, float(4.8)]]);
      assertEquals(events.slice(4).map((event) => event.wall_time), [
        1.7e9 + 10,
        1.7e9 + 20,
        1.7e9 + 20.5,
      ]);
    }),
);

testWithEvents(
  "an event file has the options, as a table and for the hyperparameters plugin",
  () =>
    inRun(async (run, folder) => {
      await run.append(trained(10));
      const file = await EventFile.of(run.path);
      file.follow();
      await file.end();
      const values = (await readEvents(folder)).flatMap(({ summary }) => summary?.value ?? []);
      const of = (tag: string) => values.find((value) => value.tag === tag)!;
      const { text, metadata } = of("configuration");
      assertEquals(metadata?.plugin_data.plugin_name, "text");
      assertEquals(text?.split("\n"), [
        "| option | value |",
        "| --- | --- |",
        "| objective | debiased |",
        "| objective.tau_plus | 0.1 |",
        "| widths | [4,8] |",
        "| path | a&#124;&#96;b&#96; |",
      ]);
      const start = of("_hparams_/session_start_info").hparams?.session_start_info;
      assertEquals(start, {
        start_time_secs: 1.7e9 + 10,
        hparams: [
          { key: "objective", value: { string_value: "debiased" } },
          { key: "objective.tau_plus", value: { number_value: 0.1 } },
          { key: "widths", value: { string_value: "[4,8]" } },
          { key: "path", value: { string_value: "a|`b`" } },
        ],
      });
      const end = of("_hparams_/session_end_info").hparams?.session_end_info;
      assertEquals(end, { status: 1, end_time_secs: 1.7e9 + 10 });
    }),
);

Deno.test("a file that grew with the log equals one made from the whole log", () =>
  inRun(async (run, folder) => {
    const file = await EventFile.of(run.path);
    file.follow();
    assertThrows(() => Deno.readDirSync(folder), Deno.errors.NotFound);
    const sizes: number[] = [];
    for (const record of [trained(10), trained(20), evaluated(20), trained(30)]) {
      await run.append(record);
      file.follow();
      file.follow();
      sizes.push((await Deno.stat(fileIn(folder))).size);
    }
    assertEquals(new Set(sizes).size, 4);
    const grown = await Deno.readFile(fileIn(folder));
    (await EventFile.of(run.path)).follow();
    assertEquals(await Deno.readFile(fileIn(folder)), grown);
  }));

testWithEvents(
  "a line of the log that is still being written is read when it is complete",
  () =>
    inRun(async (run, folder) => {
      await run.append(trained(10));
      const file = await EventFile.of(run.path);
      const append = (text: string) =>
        Deno.writeTextFile(`${run.path}/metrics.jsonl`, text, { append: true });
      await append('{"step":20,"lo');
      file.follow();
      assertEquals(scalarsOf(await readEvents(folder))["train/loss"].map(([step]) => step), [10]);
      await append('ss":4.5}\n');
      file.follow();
      const [, [step, loss]] = scalarsOf(await readEvents(folder))["train/loss"];
      assertEquals([step, loss], [20, 4.5]);
    }),
);

testWithEvents(
  "a line that is not a record is skipped; one without a time has the time of the file",
  () =>
    inRun(async (run, folder) => {
      const file = await EventFile.of(run.path);
      const lines = 'null\n\n\0\0\n{"step":20,"loss":4.5,"time":"noon"}\n';
      await Deno.writeTextFile(`${run.path}/metrics.jsonl`, lines);
      await Deno.utime(`${run.path}/metrics.jsonl`, 1.6e9, 1.6e9);
      file.follow();
      const events = await readEvents(folder);
      assertEquals(scalarsOf(events)["train/loss"].map(([step]) => step), [20]);
      assertEquals(events.at(-1)?.wall_time, 1.6e9);
    }),
);

testWithEvents(
  "a run resumed from an earlier step has no step twice in its event file",
  () =>
    inRun(async (run, folder) => {
      const before = await EventFile.of(run.path);
      for (const step of [10, 20, 30]) {
        await run.append(trained(step));
        before.follow();
      }
      // Killed within a record, in an earlier process.
      const old = `${folder}/events.out.tfevents.1600000000.tauplus.1`;
      await Deno.rename(fileIn(folder), old);
      await Deno.truncate(old, (await Deno.stat(old)).size - 3);
      const losses = async () =>
        scalarsOf(await readEvents(folder))["train/loss"].map(([step]) => step);
      assertEquals(await losses(), [10, 20]);

      await run.truncateMetrics(10);
      const after = await EventFile.of(run.path);
      for (const step of [20, 30, 40]) {
        await run.append(trained(step));
        after.follow();
      }
      assertEquals(await losses(), [10, 20, 30, 40]);

      // A TensorBoard that was at the old file would not go on from one that is gone.
      assertEquals((await Deno.stat(old)).size, 0);
      await Deno.rename(fileIn(folder), `${folder}/events.out.tfevents.1600000001.tauplus.1`);
      (await EventFile.of(run.path)).follow();
      assertEquals(await Deno.stat(old).catch(() => "gone"), "gone");
      assertEquals(await losses(), [10, 20, 30, 40]);
    }),
);

testWithEvents(
  "a line without a time, of an older version, has the time of the log",
  () =>
    inRun(async (run, folder) => {
      await run.append({ step: 10, loss: 5 });
      await Deno.utime(`${run.path}/metrics.jsonl`, 1.6e9, 1.6e9);
      (await EventFile.of(run.path)).follow();
      assertAlmostEquals((await readEvents(folder)).at(-1)!.wall_time, 1.6e9);
    }),
);

testWithEvents(
  "the probes' results are at the last step, confusion matrices as pictures",
  () =>
    inRun(async (run, folder) => {
      await run.append(trained(10));
      const linear = {
        top1: 75,
        top5: 100,
        perClass: { cat: 75, dog: 75 },
        confusion: [[3, 1], [1, 3]],
      };
      const odd = { top1: 50, top5: 100, confusion: [[3, 1]] };
      const results = { device: "wasm", trained: { linear, odd }, pixels: { linear } };
      await run.writeFile("results.json", JSON.stringify(results));
      await run.writeFile("linear.json", JSON.stringify(linear));
      await run.writeFile("odd.json", JSON.stringify(odd));
      await (await EventFile.of(run.path)).end();
      const events = await readEvents(folder);
      const { "test/linear_top1": [top1], "pixels/linear_top5": [top5], ...others } = scalarsOf(
        events,
      );
      assertEquals([top1, top5, "untrained/linear_top1" in others], [[10, 75], [10, 100], false]);
      const images = events.flatMap(({ step, summary }) =>
        (summary?.value ?? []).flatMap(({ tag, image }) => image ? [{ step, tag, ...image }] : [])
      );
      assertEquals(images.map(({ step, tag }) => [step, tag]), [[10, "test/linear_confusion"]]);
      const { default: sharp } = await import("sharp");
      const [{ width, height, colorspace, encoded_image_string }] = images;
      const png = await sharp(Uint8Array.fromBase64(encoded_image_string)).metadata();
      assertEquals([png.format, png.width, png.height], ["png", width, height]);
      assertEquals(png.channels, colorspace);
    }),
);

Deno.test("a file that cannot be written is a DataError", () =>
  inRun(async (run, folder) => {
    await run.append(trained(10));
    await Deno.writeTextFile(folder, "");
    const file = await EventFile.of(run.path);
    const error = assertThrows(() => file.follow(), DataError);
    assertStringIncludes(error.message, `Cannot write ${folder}/events.out.tfevents.`);
  }));

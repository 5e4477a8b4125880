import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import { parseMetrics, readMetrics } from "../../../lib/run/metrics.ts";
import { createRun } from "../../../lib/run/run_folder.ts";
import { readResult } from "../../../lib/sweep/run_all.ts";
import { inFolder } from "../../support/folders.ts";
import { writeRun } from "../../support/run_folders.ts";

/** Lines that crashes, disks and people leave in a log. */
const BAD = [
  "",
  "null",
  "0",
  "\0\0\0\0",
  "garbage",
  "[1]",
  '"step"',
  "{}",
  '{"step":null}',
  '{"st',
];

const LOG = '{"step":1,"loss":3}\n' + BAD.join("\n") + '\n{"step":2,"loss":2}\n';

const run = (out: string, log: string) =>
  writeRun(out, "r").then(async (folder) => {
    await Deno.writeTextFile(`${folder}/metrics.jsonl`, log);
    return folder;
  });

Deno.test("each line that is no record is left out, and the line that is being written waits", () => {
  for (const [i, line] of BAD.entries()) {
    const { records, bad } = parseMetrics(`${"\n".repeat(i)}${line}\n{"step":7}\n{"step":8}`);
    assertEquals(records, [{ step: 7 }]);
    assertEquals(bad, Array.from({ length: i + 1 }, (_, line) => line + 1));
  }
  assertEquals(parseMetrics(""), { records: [], bad: [] });
});

Deno.test("a reader of a log learns how many lines were skipped, and the first one", () =>
  inFolder(async (out) => {
    const folder = await run(out, LOG);
    const said: string[] = [];
    const records = await readMetrics(folder, (words) => said.push(words));
    assertEquals(records.map(({ step }) => step), [1, 2]);
    const lines = "10 lines, the first line 2, are no records and are left out.";
    assertEquals(said, [`In ${folder}/metrics.jsonl, ${lines}`]);
    await Deno.writeTextFile(`${folder}/results.json`, '{"device":"wasm","trained":{}}');
    const result = await readResult(
      { folder, references: false },
      (words) => said.push(words),
    );
    assertEquals([result?.steps, result?.loss, said.length], [2, 2, 2]);
    assertStringIncludes(said[1], lines);
    await run(out, '{"step":1}\nx\n');
    await readMetrics(folder, (words) => said.push(words));
    assertStringIncludes(said[2], "line 2 is no record and is left out.");
    await run(out, '{"step":1}\n');
    await readMetrics(folder, (words) => said.push(words));
    assertEquals(said.length, 3);
  }));

Deno.test("a log that is cut back loses its bad lines", () =>
  inFolder(async (out) => {
    const opened = await createRun(out, "r", {});
    await Deno.writeTextFile(`${opened.path}/metrics.jsonl`, LOG);
    await opened.truncateMetrics(1);
    assertEquals(
      await Deno.readTextFile(`${opened.path}/metrics.jsonl`),
      '{"step":1,"loss":3}\n',
    );
    await opened.close();
  }));

Deno.test("a log that is there but cannot be read is a DataError, and not an empty one", () =>
  inFolder(async (out) => {
    const opened = await createRun(out, "r", {});
    assertEquals(await readMetrics(opened.path), []);
    await Deno.mkdir(`${opened.path}/metrics.jsonl`);
    await assertRejects(() => readMetrics(opened.path), DataError, "metrics.jsonl");
    await assertRejects(() => opened.truncateMetrics(0), DataError, "Cannot read");
    await opened.close();
  }));

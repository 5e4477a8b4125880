import { assertEquals } from "@std/assert";
import { Tail } from "../../../lib/dashboard/tail.ts";
import { inFolder } from "../../support/folders.ts";

const line = (step: number, loss = 1) => JSON.stringify({ step, loss, seconds: step / 7 }) + "\n";
const lines = (from: number, to: number, loss = 1) =>
  Array.from({ length: to - from + 1 }, (_, i) => line(from + i, loss)).join("");
const steps = (records: readonly { step: number }[]) => records.map(({ step }) => step);

Deno.test("a growing log is read line by line, and a line is read when it is complete", () =>
  inFolder(async (folder) => {
    const path = `${folder}/metrics.jsonl`;
    const tail = new Tail();
    assertEquals(await tail.read(path), { reset: false, records: [], bad: 0 });
    await Deno.writeTextFile(path, "");
    assertEquals(await tail.read(path), { reset: false, records: [], bad: 0 });
    await Deno.writeTextFile(path, lines(1, 20) + line(21).slice(0, 9));
    assertEquals(
      steps((await tail.read(path)).records),
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    assertEquals(await tail.read(path), { reset: false, records: [], bad: 0 });
    await Deno.writeTextFile(path, line(21).slice(9) + line(22), { append: true });
    const { reset, records } = await tail.read(path);
    assertEquals([reset, steps(records)], [false, [21, 22]]);
  }));

Deno.test("a log that was truncated, rewritten or removed is read from its start", () =>
  inFolder(async (folder) => {
    const path = `${folder}/metrics.jsonl`;
    const tail = new Tail();
    const read = async () => {
      const { reset, records } = await tail.read(path);
      return [reset, ...steps(records)];
    };
    await Deno.writeTextFile(path, lines(1, 3));
    await read();
    await Deno.writeTextFile(path, lines(1, 2));
    assertEquals(await read(), [true, 1, 2]);
    // As long as before and longer, with other values.
    await Deno.writeTextFile(path, lines(1, 4, 2));
    assertEquals(await read(), [true, 1, 2, 3, 4]);
    await Deno.writeTextFile(path, lines(1, 30, 3));
    assertEquals((await read()).length, 31);
    // Cut after line 20, and grown again past where it was.
    await Deno.writeTextFile(path, lines(1, 20, 3) + lines(21, 40, 4));
    assertEquals((await read()).length, 41);
    await Deno.remove(path);
    assertEquals(await read(), [true]);
    assertEquals(await read(), [false]);
  }));

Deno.test("a reader continues where another stopped, unless the log is another one", () =>
  inFolder(async (folder) => {
    const path = `${folder}/metrics.jsonl`;
    await Deno.writeTextFile(path, lines(1, 9));
    const first = new Tail();
    await first.read(path);
    await Deno.writeTextFile(path, line(10), { append: true });
    const second = await new Tail(first.position).read(path);
    assertEquals([second.reset, steps(second.records)], [false, [10]]);
    const third = await new Tail({ offset: 5, check: 1 }).read(path);
    assertEquals([third.reset, third.records.length], [true, 10]);
    const beyond = await new Tail({ offset: 1e9, check: 1 }).read(path);
    assertEquals([beyond.reset, beyond.records.length], [true, 10]);
  }));

Deno.test("lines that are not records are skipped and counted", () =>
  inFolder(async (folder) => {
    const path = `${folder}/metrics.jsonl`;
    await Deno.writeTextFile(path, `${line(1)}root:x:0:0\n[1]\n{"loss":2}\n\n${line(2)}`);
    const { records, bad } = await new Tail().read(path);
    assertEquals([steps(records), bad], [[1, 2], 4]);
  }));

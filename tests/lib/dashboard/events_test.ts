import { assertEquals, assertMatch } from "@std/assert";
import { z } from "zod";
import { runEvents } from "../../../lib/dashboard/events.ts";
import { RunList } from "../../../lib/dashboard/runs.ts";
import { inFolder } from "../../support/folders.ts";
import { logLine, writeRun } from "../../support/run_folders.ts";

/** What the events of a stream have, of which a test reads what it is about. */
interface Heard {
  readonly id?: string;
  readonly data: unknown;
}

/** The events of a stream, read on as they are asked for. */
class Events {
  readonly #stop = new AbortController();
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(out: string, names: string[] = [], lastId: string | null = null) {
    this.#reader = runEvents(new RunList(out), names, lastId, this.#stop.signal).getReader();
  }

  /** The next event of a name, those before it passed over. */
  async next(name: string): Promise<Heard> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) {
        const { value, done } = await this.#reader.read();
        if (done) throw new Error(`The stream ended before ${name}`);
        this.#text += this.#decoder.decode(value, { stream: true });
        continue;
      }
      const fields = Object.fromEntries(
        this.#text.slice(0, end).split("\n").map((line) => line.split(/: (.*)/, 2)),
      );
      this.#text = this.#text.slice(end + 2);
      if (fields.event === name) return { id: fields.id, data: JSON.parse(fields.data) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reader.cancel();
  }
}

const shown = (heard: Heard) => figures.parse(heard.data);
const line = z.object({ run: z.string(), color: z.string(), dash: z.array(z.number()) });
const figures = z.object({
  runs: z.array(z.string()),
  lines: z.array(line),
  figures: z.array(z.object({ id: z.string() })),
});

const steps = (heard: Heard) => records.parse(heard.data);
const step = z.object({ step: z.number() });
const records = z.object({ run: z.string(), reset: z.boolean(), records: z.array(step) })
  .transform(({ run, reset, records }) => [run, reset, ...records.map(({ step }) => step)]);

Deno.test("a reader has the list, the figures, the log so far, and then each new line once", () =>
  inFolder(async (out) => {
    const folder = await writeRun(out, "a", [{ step: 1, epoch: 1, loss: 3 }]);
    await using events = new Events(out);
    assertEquals((await events.next("runs")).data, [
      { name: "a", state: "interrupted", epoch: 1, epochs: 2, step: 1, loss: 3, report: false },
    ]);
    assertEquals(shown(await events.next("figures")), {
      runs: ["a"],
      lines: [{ run: "a", color: "#0072b2", dash: [1, 0] }],
      figures: [{ id: "loss" }],
    });
    assertEquals(steps(await events.next("records")), ["a", false, 1]);
    const log = `${folder}/metrics.jsonl`;
    const [half, rest] = [
      logLine({ step: 3, loss: 1 }).slice(0, 8),
      logLine({ step: 3, loss: 1 }).slice(8),
    ];
    await Deno.writeTextFile(log, logLine({ step: 2, loss: 2 }) + half, { append: true });
    assertEquals(steps(await events.next("records")), ["a", false, 2]);
    await Deno.writeTextFile(log, rest, { append: true });
    assertEquals(steps(await events.next("records")), ["a", false, 3]);
    // A new field brings a figure.
    await Deno.writeTextFile(log, logLine({ step: 3, knn_top1: 50 }), { append: true });
    assertEquals(shown(await events.next("figures")).figures, [{ id: "loss" }, { id: "knn_top1" }]);
    assertEquals(steps(await events.next("records")), ["a", false, 3]);
  }));

Deno.test("a reader that lost the connection continues after the last event, with no line twice or missing", () =>
  inFolder(async (out) => {
    const folder = await writeRun(out, "ä & b=1", [{ step: 1, loss: 3 }, { step: 2, loss: 2 }]);
    await writeRun(out, "other", [{ step: 7, loss: 1 }]);
    const names = ["other", "ä & b=1"];
    let id = "";
    {
      await using events = new Events(out, names);
      await events.next("records");
      const { id: last, ...second } = await events.next("records");
      assertEquals(steps(second), ["ä & b=1", false, 1, 2]);
      assertMatch(last!, /^[!-~]+$/);
      id = last!;
    }
    const log = `${folder}/metrics.jsonl`;
    await Deno.writeTextFile(log, logLine({ step: 3, loss: 1 }), { append: true });
    {
      await using events = new Events(out, names, id);
      assertEquals(steps(await events.next("records")), ["ä & b=1", false, 3]);
    }
    // Meanwhile the run was resumed from a checkpoint before.
    await Deno.writeTextFile(log, logLine({ step: 1, loss: 3 }) + logLine({ step: 2, loss: 5 }));
    await using events = new Events(out, names, id);
    assertEquals(steps(await events.next("records")), ["ä & b=1", true, 1, 2]);
  }));

Deno.test("an unknown event id is treated as that of a new reader", () =>
  inFolder(async (out) => {
    await writeRun(out, "a", [{ step: 1, loss: 3 }]);
    for (const id of ["", "17", "a=1e9.5", "a=-1.0", "a=99999999999999999999.1", "a", "%"]) {
      await using events = new Events(out, ["a"], id);
      assertEquals(steps(await events.next("records")), ["a", false, 1], id);
    }
  }));

Deno.test("a log that was truncated is sent again from its start", () =>
  inFolder(async (out) => {
    const lines = [1, 2, 3].map((step) => ({ step, loss: 9 / step }));
    const folder = await writeRun(out, "a", lines);
    await using events = new Events(out);
    assertEquals(steps(await events.next("records")), ["a", false, 1, 2, 3]);
    await writeRun(out, "a", lines.slice(0, 2));
    assertEquals(steps(await events.next("records")), ["a", true, 1, 2]);
    await Deno.remove(`${folder}/metrics.jsonl`);
    assertEquals(steps(await events.next("records")), ["a", true]);
  }));

Deno.test("runs appear and disappear; if none was chosen, the newest is shown", () =>
  inFolder(async (folder) => {
    const out = `${folder}/runs`;
    await using events = new Events(out);
    assertEquals((await events.next("runs")).data, []);
    await writeRun(out, "a", [{ step: 1, loss: 3 }]);
    const runs = async () => shown(await events.next("figures")).runs;
    assertEquals(await runs(), ["a"]);
    assertEquals(steps(await events.next("records")), ["a", false, 1]);
    const later = await writeRun(out, "b");
    await Deno.utime(`${later}/config.json`, new Date(2100, 1), new Date(2100, 1));
    assertEquals(await runs(), ["b"]);
    await Deno.remove(later, { recursive: true });
    assertEquals(await runs(), ["a"]);
    // The reader forgot it meanwhile, and so has it from the start.
    assertEquals(steps(await events.next("records")), ["a", false, 1]);
    await Deno.remove(`${out}/a`, { recursive: true });
    assertEquals(await runs(), []);
  }));

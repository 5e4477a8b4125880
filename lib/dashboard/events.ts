/**
 * The runs as server-sent events: the list, the figures of those that are looked at, and the lines of
 * their logs as they come.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { curve, curveLines, inOrder } from "../report/curves.ts";
import { liveSpec } from "../report/figure.ts";
import type { RunList, RunSummary } from "./runs.ts";
import { type Position, Tail } from "./tail.ts";

/** Milliseconds between two looks at the files. */
const PERIOD = 400;

/** Milliseconds without news after which a comment is sent, so that a lost connection is seen. */
const QUIET = 15_000;

/**
 * The body of an event stream, which ends with `signal`:
 *
 *     event: runs       the list, where it changed: RunSummary[]
 *     event: figures    where other runs or fields are there: { runs: string[], lines, figures }
 *     event: records    new lines of a log: { run, reset, records }; after a reset the earlier are void
 *
 * The id of `records` says how far every log was read.
 *
 * @param names the runs to follow; an empty list follows the newest, whichever it is.
 * @param lastId the id of the last event that a reader had before it lost its connection.
 */
export function runEvents(
  list: RunList,
  names: readonly string[],
  lastId: string | null,
  signal: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const gone = new AbortController();
  const texts = events(list, names, lastId, AbortSignal.any([signal, gone.signal]));
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await texts.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    // The browser has closed the connection.
    cancel: () => gone.abort(),
  });
}

async function* events(
  list: RunList,
  names: readonly string[],
  lastId: string | null,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const tails = new Map(
    readId(lastId ?? "").map(([name, position]) => [name, new Tail(position)]),
  );
  let runsSent = "", figuresSent = "[]", sentAt = performance.now();
  yield "retry: 1000\n\n";
  while (!signal.aborted) {
    const runs = await list.list();
    const looked = names.length > 0
      ? names.flatMap((name) => runs.find((run) => run.name === name) ?? [])
      : runs.slice(0, 1);
    const news: string[] = [];
    const listed = JSON.stringify(runs.map(({ fields: _, ...run }) => run));
    if (listed !== runsSent) news.push(event("runs", listed));
    runsSent = listed;
    const drawn = JSON.stringify(looked.map(({ name, fields }) => [name, fields]));
    if (drawn !== figuresSent) news.push(event("figures", await figures(looked)));
    figuresSent = drawn;
    // A reader forgets a run that it looks at no more, and so does this.
    for (const name of tails.keys()) {
      if (!looked.some((run) => run.name === name)) tails.delete(name);
    }
    for (const { name } of looked) {
      const tail = tails.get(name) ?? new Tail();
      tails.set(name, tail);
      const { reset, records } = await tail.read(await list.log(name));
      if (!reset && records.length === 0) continue;
      const data = JSON.stringify({ run: name, reset, records });
      news.push(event("records", data, writeId(tails)));
    }
    const now = performance.now();
    if (news.length === 0 && now - sentAt > QUIET) news.push(": still here\n\n");
    if (news.length > 0) {
      sentAt = now;
      yield news.join("");
    }
    await delay(PERIOD, undefined, { signal }).catch(() => {});
  }
}

/** The figures of runs, without their points: those come with the records, and the page has titles and a legend. */
async function figures(runs: readonly RunSummary[]): Promise<string> {
  const names = runs.map(({ name }) => name);
  const fields = inOrder(runs.flatMap(({ fields }) => fields));
  return JSON.stringify({
    runs: names,
    lines: curveLines(names),
    figures: await Promise.all(fields.map(async (field) => {
      const { spec, ...figure } = curve(field, names, [], false);
      return { ...figure, spec: await liveSpec({ ...spec, title: undefined }) };
    })),
  });
}

/** An event as it goes over the wire; `data` is JSON and so has no line breaks. */
function event(name: string, data: string, id?: string): string {
  return `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}

function writeId(tails: ReadonlyMap<string, Tail>): string {
  const positions = [...tails].map(([name, { position: { offset, check } }]) => [
    name,
    `${offset}.${check}`,
  ]);
  return new URLSearchParams(positions).toString();
}

/** What {@linkcode writeId} wrote; anything else names no position. */
function readId(id: string): [string, Position][] {
  return [...new URLSearchParams(id)].flatMap(([name, text]) => {
    const [, offset, check] = /^(\d{1,15})\.(\d{1,10})$/.exec(text) ?? [];
    return offset === undefined ? [] : [[name, { offset: Number(offset), check: Number(check) }]];
  });
}

/**
 * The event file of a run, in step with its metrics log.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { confusionFigure } from "../report/probe_figures.ts";
import {
  classifierResult,
  listProbeResults,
  probeOf,
  readResults,
  RESULTS,
  type Results,
} from "../run/results.ts";
import { openFile, writeError } from "../files.ts";
import { METRICS, type MetricsRecord, parseMetrics } from "../run/metrics.ts";
import { readConfig, resumeLater } from "../run/run_folder.ts";
import { onDemand } from "../packages/on_demand.ts";
import {
  type Event,
  eventRecord,
  type Options,
  optionText,
  sessionEnd,
  sessionStart,
  type Summary,
} from "./event.ts";
import { type ChartSpec, figure } from "../report/figure.ts";

/** The folder of a run for TensorBoard. */
export const FOLDER = "tensorboard";

/** The part of a file's name by which TensorBoard recognizes an event file. */
const MARK = ".tfevents.";

/** The names of event files that tauplus wrote; those of other programs are kept. */
const OURS = /\.tfevents\.\d+\.tauplus\.\d+$/;

const LINE_END = "\n".charCodeAt(0);

/**
 * Copies a run's metrics log, and whatever is appended to it, to an event file. Every file is written
 * from the log's beginning and replaces an earlier one, under another name: so a resumed run writes no
 * step twice, and a TensorBoard that is open finds the new file.
 */
export class EventFile {
  readonly #run: string;
  readonly #options: Options;
  readonly #path: string;
  /** Bytes of the log that are in the file. */
  #read = 0;
  /** The time and step of the last event. */
  #last = { wallTime: Date.now() / 1000, step: 0 };
  #begun = false;

  private constructor(run: string, options: Options, now: Date) {
    this.#run = run;
    this.#options = options;
    const seconds = Math.floor(now.getTime() / 1000);
    this.#path = join(run, FOLDER, `events.out${MARK}${seconds}.tauplus.${Deno.pid}`);
  }

  /**
   * The event file of a run, written from the first {@linkcode EventFile.follow} on.
   *
   * @param now is in its name: TensorBoard reads the files of a folder in the order of their names
   */
  static async of(run: string, now: Date = new Date()): Promise<EventFile> {
    return new EventFile(run, Object(await readConfig(run)), now);
  }

  /** Takes over the lines that were appended to the log. Throws DataError where it cannot write. */
  follow(): void {
    const { lines, time } = this.#appended();
    if (lines.length === 0) return;
    this.#write(lines.map((line) => recordEvent(line, time)));
  }

  /**
   * Takes over what the probes found, as numbers and pictures, and says that the run is at its end.
   * Throws DataError where it cannot write.
   */
  async end(): Promise<void> {
    this.follow();
    const { step } = this.#last;
    const file = await Deno.stat(join(this.#run, RESULTS)).catch(() => undefined);
    const wallTime = file?.mtime ? file.mtime.getTime() / 1000 : this.#last.wallTime;
    const results = await readResults(this.#run);
    const what: Summary[] = results ? resultSummaries(results) : [];
    for (const result of await listProbeResults(this.#run)) {
      const probe = probeOf(result);
      const found = result.own && results?.trained[probe] && classifierResult(result.metrics);
      if (!found) continue;
      const { spec } = confusionFigure(probe, this.#run, found);
      const picture = await chartPng(spec, `${probe} on the test split`);
      what.push({ tag: `test/${probe}_confusion`, ...picture });
    }
    this.#write([
      ...(what.length > 0 ? [{ wallTime, step, what }] : []),
      { wallTime, step, what: [sessionEnd(wallTime)] },
    ]);
  }

  /** The log's whole lines since the last call, and when it was last written. */
  #appended(): { lines: MetricsRecord[]; time: number } {
    const path = join(this.#run, METRICS);
    // A run that fails early has none.
    if (!existsSync(path)) return { lines: [], time: 0 };
    using file = openFile(path);
    const { size, mtime } = file.statSync();
    file.seekSync(this.#read, Deno.SeekMode.Start);
    const bytes = new Uint8Array(size - this.#read);
    let length = 0;
    for (let n; length < bytes.length && (n = file.readSync(bytes.subarray(length))); length += n);
    const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_END) + 1);
    this.#read += whole.length;
    // A line that is not a record is skipped: a resumed run has already reported it at its start.
    const { records: lines } = parseMetrics(new TextDecoder().decode(whole));
    return { lines, time: (mtime?.getTime() ?? 0) / 1000 };
  }

  /** Appends events, the first time with what a file begins with, in place of older files. */
  #write(events: readonly Event[]): void {
    const opening = this.#begun ? [] : openingEvents(this.#options, events[0].wallTime);
    const records = Buffer.concat([...opening, ...events].map(eventRecord));
    try {
      if (this.#begun) Deno.writeFileSync(this.#path, records, { append: true });
      else this.#replaceOlder(records);
    } catch (cause) {
      throw writeError(this.#path, cause, resumeLater(this.#run));
    }
    this.#begun = true;
    const { wallTime, step } = events[events.length - 1];
    this.#last = { wallTime, step };
  }

  /**
   * Writes a new file and empties older ones. They are deleted no sooner than the next time: where
   * the file that TensorBoard is at is gone, it does not go on to the next.
   */
  #replaceOlder(records: Uint8Array): void {
    const folder = join(this.#run, FOLDER);
    Deno.mkdirSync(folder, { recursive: true });
    const older = [...Deno.readDirSync(folder)].filter(({ name }) => OURS.test(name))
      .map(({ name }) => join(folder, name)).filter((path) => path !== this.#path);
    Deno.writeFileSync(this.#path, records);
    for (const path of older) {
      if (Deno.statSync(path).size > 0) Deno.truncateSync(path);
      else Deno.removeSync(path);
    }
  }
}

/** A picture, and its size in pixels. */
interface Png {
  /** The file, RGB. */
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Draws a chart under a title, black on white. */
export async function chartPng(chart: ChartSpec, title: string): Promise<Png> {
  const { default: sharp } = await onDemand("sharp");
  const svg = new TextEncoder().encode(await figure([[chart]], title));
  // 72 dots per inch is the size as drawn; twice that is sharp on the screens of today.
  const { data, info: { width, height } } = await sharp(svg, { density: 144 })
    .flatten({ background: "white" }).png().toBuffer({ resolveWithObject: true });
  return { png: new Uint8Array(data), width, height };
}

/** What every file begins with: the options, as a table and for the hyperparameters plugin. */
function openingEvents(options: Options, wallTime: number): Event[] {
  const at = { wallTime, step: 0 };
  return [
    { ...at, what: "version" },
    { ...at, what: "start" },
    { ...at, what: [{ tag: "configuration", markdown: optionsTable(options) }] },
    { ...at, what: [sessionStart(options, wallTime)] },
  ];
}

function optionsTable(options: Options): string {
  const rows = Object.entries(options).map(([name, value]) => `| ${name} | ${cell(value)} |`);
  return ["| option | value |", "| --- | --- |", ...rows].join("\n");
}

/** A value as text of Markdown that is in no way marked up. */
function cell(value: unknown): string {
  return optionText(value).replace(/[\\`*<>|&]|\n/g, (char) => `&#${char.charCodeAt(0)};`);
}

/**
 * A line of the metrics log: every number in it, under `train/` where the line is of steps and under
 * `eval/` where it is of an evaluation. A line without a time, of a log of an older version, is said
 * to be of `otherwise`.
 */
function recordEvent(record: MetricsRecord, otherwise: number): Event {
  const { step, time, ...fields } = record;
  const written = typeof time === "string" ? Date.parse(time) / 1000 : NaN;
  const group = "loss" in fields ? "train" : "eval";
  return {
    wallTime: Number.isFinite(written) ? written : otherwise,
    step,
    what: Object.entries(fields).flatMap(([name, scalar]) =>
      typeof scalar === "number" ? [{ tag: `${group}/${name}`, scalar }] : []
    ),
  };
}

/** What the probes found: `test/linear_top1`, and beside it `untrained/…` and `pixels/…`. */
function resultSummaries({ trained, untrained, pixels }: Results): Summary[] {
  const groups = { test: trained, untrained: untrained ?? {}, pixels: pixels ?? {} };
  return Object.entries(groups).flatMap(([group, scores]) =>
    Object.entries(scores).flatMap(([probe, { top1, top5 }]) => [
      { tag: `${group}/${probe}_top1`, scalar: top1 },
      { tag: `${group}/${probe}_top5`, scalar: top5 },
    ])
  );
}

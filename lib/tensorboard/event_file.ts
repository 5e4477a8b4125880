/**
 * The event file of a run, in step with its metrics log.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeError } from "../run/atomic_write.ts";
import { readResults, RESULTS } from "../run/results.ts";
import { METRICS, type MetricsRecord, readConfig } from "../run/run_folder.ts";
import { confusionMatrixPng, type Png } from "./confusion_matrix.ts";
import { type Event, eventRecord, type Summary } from "./event.ts";
import { type Options, sessionEnd } from "./hparams.ts";
import { openingEvents, recordEvent, resultSummaries } from "./run_events.ts";

/** The folder of a run for TensorBoard. */
export const FOLDER = "tensorboard";

/** What names of event files have in them, by which TensorBoard knows them. */
const MARK = ".tfevents.";

const LINE_END = "\n".charCodeAt(0);

/** Of what a probe found, counts [true class][predicted class]; a probe need not have them. */
const confused = z.object({ confusion: z.array(z.array(z.number())) }).refine(
  ({ confusion }) => confusion.every((row) => row.length === confusion.length),
);

/**
 * Writes what a run's metrics log has, and whatever is appended to it, to an event file. Every file
 * is written from the log's beginning and takes the place of an earlier one, under another name: so
 * a run that goes on after an interruption tells no step twice, and a TensorBoard that is looking on
 * finds the new file.
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

  private constructor(run: string, options: Options) {
    this.#run = run;
    this.#options = options;
    const time = Math.floor(Date.now() / 1000);
    this.#path = join(run, FOLDER, `events.out${MARK}${time}.tauplus.${Deno.pid}`);
  }

  /** The event file of a run, written from the first {@linkcode EventFile.follow} on. */
  static async of(run: string): Promise<EventFile> {
    return new EventFile(run, Object(await readConfig(run)));
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
   *
   * @param classes the names of the classes, index = label
   */
  async end(classes: readonly string[]): Promise<void> {
    this.follow();
    const { step } = this.#last;
    const found = await Deno.stat(join(this.#run, RESULTS)).catch(() => undefined);
    const wallTime = found?.mtime ? found.mtime.getTime() / 1000 : this.#last.wallTime;
    const results = await readResults(this.#run);
    const what: Summary[] = results ? resultSummaries(results) : [];
    for (const probe of Object.keys(results?.trained ?? {})) {
      const image = await this.#confusionMatrix(probe, classes);
      if (image) what.push({ tag: `test/${probe}_confusion`, ...image });
    }
    this.#write([
      ...(what.length > 0 ? [{ wallTime, step, what }] : []),
      { wallTime, step, what: [sessionEnd(wallTime)] },
    ]);
  }

  async #confusionMatrix(probe: string, classes: readonly string[]): Promise<Png | undefined> {
    const text = await Deno.readTextFile(join(this.#run, `${probe}.json`));
    const { success, data } = confused.safeParse(JSON.parse(text));
    if (!success) return undefined;
    const names = data.confusion.map((_, label) => classes[label] ?? String(label));
    return await confusionMatrixPng(`${probe} on the test split`, names, data.confusion);
  }

  /** The log's whole lines since the last call, and when it was last written. */
  #appended(): { lines: MetricsRecord[]; time: number } {
    const path = join(this.#run, METRICS);
    // A run that fails early has none.
    if (!existsSync(path)) return { lines: [], time: 0 };
    using file = Deno.openSync(path);
    const { size, mtime } = file.statSync();
    file.seekSync(this.#read, Deno.SeekMode.Start);
    const bytes = new Uint8Array(size - this.#read);
    let length = 0;
    for (let n; length < bytes.length && (n = file.readSync(bytes.subarray(length))); length += n);
    const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_END) + 1);
    this.#read += whole.length;
    const lines = new TextDecoder().decode(whole).split("\n").slice(0, -1);
    return { lines: lines.map((line) => JSON.parse(line)), time: (mtime?.getTime() ?? 0) / 1000 };
  }

  /** Appends events, the first time with what a file begins with, in place of older files. */
  #write(events: readonly Event[]): void {
    const opening = this.#begun ? [] : openingEvents(this.#options, events[0].wallTime);
    const records = [...opening, ...events].map(eventRecord);
    const folder = join(this.#run, FOLDER);
    try {
      Deno.mkdirSync(folder, { recursive: true });
      const older = this.#begun ? [] : [...Deno.readDirSync(folder)]
        .filter(({ name }) => name.includes(MARK)).map(({ name }) => join(folder, name));
      Deno.writeFileSync(this.#path, Buffer.concat(records), { append: this.#begun });
      for (const path of older) if (path !== this.#path) Deno.removeSync(path);
    } catch (cause) {
      throw writeError(this.#path, cause);
    }
    this.#begun = true;
    const { wallTime, step } = events[events.length - 1];
    this.#last = { wallTime, step };
  }
}

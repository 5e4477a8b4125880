/**
 * The runs of a folder as they are now.
 *
 * @module
 */
import { z } from "zod";
import { curveFields } from "../report/curves.ts";
import { isLocked } from "../run/lock.ts";
import { RESULTS } from "../run/results.ts";
import { listCheckpoints, type MetricsRecord, readConfig } from "../run/run_folder.ts";
import { realFileInside, realInside } from "./inside.ts";
import { Tail } from "./tail.ts";

/** A run in the list. */
export interface RunSummary {
  /** The name of its folder. */
  readonly name: string;
  /** Whether a process writes to it, else whether it came to its end. */
  readonly state: "training" | "finished" | "interrupted";
  /** The epoch it is in, from 1, and how many it is to have; of the log's last line. */
  readonly epoch?: number;
  readonly epochs?: number;
  /** Steps done, by the log's last line. */
  readonly step?: number;
  /** The last loss. */
  readonly loss?: number;
  /** The last kNN top-1 on the test split, in percent. */
  readonly knn?: number;
  /** Whether it has a report, `report/index.html`. */
  readonly report: boolean;
  /** The fields of the log that have a figure. */
  readonly fields: readonly string[];
}

/** What is kept of a run between two looks at it. */
interface Known {
  readonly tail: Tail;
  /** The last value of each field. */
  last: Partial<MetricsRecord>;
}

const config = z.looseObject({ epochs: z.number().optional(), max_steps: z.number().optional() });

/** The runs in `root`; what links lead out of it is not there. */
export class RunList {
  readonly #known = new Map<string, Known>();
  #looking: Promise<RunSummary[]> | undefined;

  /** `root` need not exist yet. */
  constructor(readonly root: string) {}

  /** The runs, newest first, by the time of their configuration. */
  list(): Promise<RunSummary[]> {
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    return this.#looking;
  }

  /** The log of a run, for one who reads it; undefined where it has none. */
  async log(name: string): Promise<string | undefined> {
    return await realFileInside(this.root, name, "metrics.jsonl");
  }

  async #look(): Promise<RunSummary[]> {
    const names: string[] = await Array.fromAsync(Deno.readDir(this.root), ({ name }) => name)
      .catch(() => []);
    for (const name of this.#known.keys()) if (!names.includes(name)) this.#known.delete(name);
    const found = await Promise.all(names.map((name) => this.#summary(name)));
    return found.filter((run) => run !== undefined)
      .sort((a, b) => b.time - a.time || (a.summary.name < b.summary.name ? 1 : -1))
      .map(({ summary }) => summary);
  }

  async #summary(name: string): Promise<{ time: number; summary: RunSummary } | undefined> {
    const folder = await realInside(this.root, name);
    const file = await realFileInside(this.root, name, "config.json");
    if (folder === undefined || file === undefined) return;
    const info = await Deno.stat(file).catch(() => undefined);
    const { epochs, max_steps: maxSteps = 0 } = config.safeParse(
      await readConfig(folder).catch(() => undefined),
    ).data ?? {};
    const last = await this.#last(name);
    const number = (field: string) =>
      typeof last[field] === "number" ? { value: last[field] } : undefined;
    const step = number("step")?.value;
    const finished = await realFileInside(this.root, name, RESULTS) !== undefined ||
      maxSteps > 0 && step !== undefined && step >= maxSteps ||
      epochs !== undefined && (await epochsSaved(folder)) >= epochs;
    return {
      time: info?.mtime?.getTime() ?? 0,
      summary: {
        name,
        state: await isLocked(folder) ? "training" : finished ? "finished" : "interrupted",
        epochs,
        step,
        epoch: number("epoch")?.value,
        loss: number("loss")?.value,
        knn: number("knn_top1")?.value,
        report: await realFileInside(this.root, name, "report", "index.html") !== undefined,
        fields: curveFields([{ step: 0, ...last }]),
      },
    };
  }

  /** The last value of each field of a run's log. */
  async #last(name: string): Promise<Partial<MetricsRecord>> {
    const known = this.#known.get(name) ?? { tail: new Tail(), last: {} };
    this.#known.set(name, known);
    const { reset, records } = await known.tail.read(await this.log(name));
    known.last = Object.assign(reset ? {} : known.last, ...records);
    return known.last;
  }
}

async function epochsSaved(folder: string): Promise<number> {
  const [newest] = await listCheckpoints(folder).catch(() => []);
  return newest?.epoch ?? 0;
}

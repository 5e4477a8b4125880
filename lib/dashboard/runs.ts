/**
 * The runs of a folder as they are now, read from what is in it, wherever links lead.
 *
 * @module
 */
import { z } from "zod";
import { isAbsolute, join, relative, sep } from "node:path";
import { curveFields } from "../report/curves.ts";
import { isLocked } from "../run/lock.ts";
import { RESULTS } from "../run/results.ts";
import type { MetricsRecord } from "../run/metrics.ts";
import { listCheckpoints, readConfig } from "../run/run_folder.ts";
import { Tail } from "./tail.ts";

/**
 * The real path of what `names`, one per folder, reach in `root`; undefined where there is nothing,
 * where a name is no plain one (`..`, `a/b`, a NUL byte), and where a symlink leads out of `root`.
 */
export async function realInside(
  root: string,
  ...names: readonly string[]
): Promise<string | undefined> {
  if (!names.every(isPlain)) return undefined;
  try {
    const base = await Deno.realPath(root);
    const path = await Deno.realPath(join(base, ...names));
    const way = relative(base, path);
    const outside = way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
    return outside ? undefined : path;
  } catch {
    return undefined; // what cannot be reached, for whatever reason, is not there
  }
}

/** The real path of a regular file, as {@linkcode realInside} has it: no folder, pipe or device. */
export async function realFileInside(
  root: string,
  ...names: readonly string[]
): Promise<string | undefined> {
  const path = await realInside(root, ...names);
  if (path === undefined) return undefined;
  const info = await Deno.stat(path).catch(() => undefined);
  return info?.isFile ? path : undefined;
}

const isPlain = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name);

export interface RunSummary {
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
  /** How many lines of its log are no records and are left out, where there are any. */
  readonly badLines?: number;
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
  /** Lines of the log that are no records. */
  bad: number;
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
    const { last, bad } = await this.#read(name);
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
        badLines: bad || undefined,
        report: await realFileInside(this.root, name, "report", "index.html") !== undefined,
        fields: curveFields([{ step: 0, ...last }]),
      },
    };
  }

  /** What is known of a run after a look at what is new in its log. */
  async #read(name: string): Promise<Known> {
    const known = this.#known.get(name) ?? { tail: new Tail(), last: {}, bad: 0 };
    this.#known.set(name, known);
    const { reset, records, bad } = await known.tail.read(await this.log(name));
    if (reset) Object.assign(known, { last: {}, bad: 0 });
    // Spread, since a field may have any name: Object.assign would take `__proto__` for a prototype.
    for (const record of records) known.last = { ...known.last, ...record };
    known.bad += bad;
    return known;
  }
}

async function epochsSaved(folder: string): Promise<number> {
  const [newest] = await listCheckpoints(folder).catch(() => []);
  return newest?.epoch ?? 0;
}

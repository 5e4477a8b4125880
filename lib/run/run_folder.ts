/**
 * The folder of one run:
 *
 *     config.json                            every option; written again when the run is resumed
 *     metrics.jsonl                          one JSON object per line, each with a `step`
 *     checkpoint-25.safetensors              the state after epoch 25
 *     checkpoint-25-step-7.safetensors       the state 7 steps later, saved by time or by a signal
 *     results.json                           what the probes found, written last
 *     tensorboard/                           files for TensorBoard, with --tensorboard
 *     lock                                   there while a process writes to the run
 *
 * @module
 */
import { dirname, join } from "node:path";
import { DataError } from "../errors.ts";
import { jsonText, parseJson, readFile, UNFINISHED, writeAtomic, writeError } from "../files.ts";
import { type Lock, lockFolder } from "./lock.ts";
import { METRICS, type MetricsRecord, readMetrics } from "./metrics.ts";

const CONFIG = "config.json";
const LOCK = "lock";
const CHECKPOINT = /^checkpoint-(\d+)(?:-step-(\d+))?\.safetensors$/;

/** How far a run has been trained. */
export interface Position {
  /** Whole epochs done. */
  readonly epoch: number;
  /** Steps done of the next epoch. */
  readonly stepInEpoch: number;
}

/** A checkpoint file. */
export interface CheckpointFile extends Position {
  /** The path of the file. */
  readonly path: string;
  /** Whether it was saved within an epoch or by time, so that a newer checkpoint replaces it. */
  readonly onTheWay: boolean;
}

/** The name of a run's folder, such as `20261123-221701-debiased-stl10-0`; the time is UTC. */
export function runName(date: Date, objective: string, dataset: string, seed: number): string {
  const time = date.toISOString().replace(/[-:]|\..*/g, "").replace("T", "-");
  return [time, objective, dataset, seed].join("-").replace(/[^\w.-]+/g, "_");
}

/**
 * Makes the folder `name` in `outDir`, writes the configuration into it, and locks it. If the name is
 * taken, the folder is `name-2`, `name-3` and so on. Throws a DataError if it cannot be written.
 */
export async function createRun(outDir: string, name: string, config: unknown): Promise<RunFolder> {
  const existed = await Deno.stat(outDir).then(() => true, () => false);
  const path = await makeFolder(outDir, name);
  let lock: Lock | undefined;
  try {
    lock = await lockFolder(path);
    await writeAtomic(join(path, CONFIG), jsonText(config));
    return new RunFolder(path, lock, !existed);
  } catch (error) {
    await lock?.release();
    await Deno.remove(path, { recursive: true }).catch(() => {});
    if (!existed) await Deno.remove(outDir).catch(() => {});
    throw error;
  }
}

/**
 * Opens a run for writing, to resume it, and locks it. Throws a DataError if the folder is not a run,
 * and a UsageError if another process writes to it.
 */
export async function reopenRun(path: string): Promise<RunFolder> {
  await readConfig(path);
  const lock = await lockFolder(path, resumeLater(path));
  try {
    for await (const { name } of Deno.readDir(path)) {
      if (name.endsWith(UNFINISHED)) await Deno.remove(join(path, name));
      else if (!CHECKPOINT.test(name)) await checkNoLink(path, name);
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
  return new RunFolder(path, lock);
}

/**
 * Throws a DataError if `name` in a run is a symbolic link: what is written there would land outside
 * the run, which may be a stranger's.
 */
export async function checkNoLink(run: string, name: string): Promise<void> {
  const path = join(run, name);
  const info = await Deno.lstat(path).catch(() => undefined);
  if (!info?.isSymlink) return;
  throw new DataError({
    act: `write to ${path}`,
    rule: "it must be in the run's own folder",
    got: "a symbolic link",
    next: "Put what it points to in its place, or remove it.",
  });
}

/** Advice for an error: what to do after a run could not be written. */
export function resumeLater(path: string): string {
  return `Free some space, then go on with --resume=${path}.`;
}

/**
 * The newest run in `outDir`, by the time of its configuration; undefined if there is none.
 *
 * @example The run to continue
 * ```ts
 * import { latestRun } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = await Deno.makeTempDir();
 * assertEquals(await latestRun(runs), undefined);
 * await Deno.mkdir(`${runs}/mine`);
 * await Deno.writeTextFile(`${runs}/mine/config.json`, "{}");
 * assertEquals(await latestRun(runs), `${runs}/mine`);
 * ```
 */
export async function latestRun(outDir: string): Promise<string | undefined> {
  const runs: { path: string; time: number }[] = [];
  try {
    for await (const entry of Deno.readDir(outDir)) {
      const path = join(outDir, entry.name);
      const info = await Deno.stat(join(path, CONFIG)).catch(() => undefined);
      if (info?.isFile) runs.push({ path, time: info.mtime?.getTime() ?? 0 });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  runs.sort((a, b) => b.time - a.time || (a.path < b.path ? 1 : -1));
  return runs[0]?.path;
}

/** The configuration of a run. Throws a DataError if it is missing or is not JSON. */
export async function readConfig(path: string): Promise<unknown> {
  try {
    return await parseJson(await readFile(join(path, CONFIG)));
  } catch (cause) {
    throw new DataError({
      act: `open the run ${path}`,
      rule: `it must be a folder with a ${CONFIG}`,
      got: cause,
      next: "Name a folder that train made.",
      cause,
    });
  }
}

/** The checkpoints of a run, newest first. */
export async function listCheckpoints(path: string): Promise<CheckpointFile[]> {
  const found: CheckpointFile[] = [];
  for await (const { name } of Deno.readDir(path)) {
    const match = CHECKPOINT.exec(name);
    if (!match) continue;
    found.push({
      path: join(path, name),
      epoch: Number(match[1]),
      stepInEpoch: Number(match[2] ?? 0),
      onTheWay: match[2] !== undefined,
    });
  }
  return found.sort((a, b) => b.epoch - a.epoch || b.stepInEpoch - a.stepInEpoch);
}

/** A run opened for writing; made by {@linkcode createRun} or {@linkcode reopenRun}. */
export class RunFolder {
  #lock: Lock;
  #madeOut: boolean;

  /**
   * Wraps a folder whose lock is held.
   *
   * @param madeOut whether the folder that contains it was made for this run
   */
  constructor(readonly path: string, lock: Lock, madeOut = false) {
    this.#lock = lock;
    this.#madeOut = madeOut;
  }

  /** Appends a line to the metrics log, whole or not at all. */
  async append(record: MetricsRecord): Promise<void> {
    const path = join(this.path, METRICS);
    const before = await Deno.stat(path).then(({ size }) => size, () => 0);
    try {
      await Deno.writeTextFile(path, JSON.stringify(record) + "\n", { append: true });
    } catch (cause) {
      await Deno.truncate(path, before).catch(() => {});
      throw writeError(path, cause, await this.#next());
    }
  }

  /** Renames a damaged checkpoint, so that it ends in `.damaged` and is no longer found. */
  async setAside(checkpoint: string): Promise<void> {
    try {
      await Deno.rename(checkpoint, `${checkpoint}.damaged`);
    } catch (cause) {
      throw writeError(checkpoint, cause, await this.#next());
    }
  }

  /**
   * Removes the lines after `step` from the metrics log, so that the run can be resumed from there.
   * Lines that are not records are removed as well.
   */
  async truncateMetrics(step: number): Promise<void> {
    const all = await readMetrics(this.path);
    const lines = all.filter((record) => record.step <= step).map((record) =>
      JSON.stringify(record) + "\n"
    ).join("");
    await writeAtomic(join(this.path, METRICS), lines, await this.#next());
  }

  /**
   * Writes a checkpoint and gives its path. A checkpoint of a whole epoch is kept, and the earlier
   * ones saved within an epoch (`-step-`) are deleted. Of those saved within an epoch, the newest two
   * are kept, in case one is damaged.
   *
   * @param onTheWay whether newer checkpoints may replace it; true for one saved by time at the end
   * of an epoch
   */
  async saveCheckpoint(
    { epoch, stepInEpoch }: Position,
    bytes: Uint8Array,
    onTheWay = stepInEpoch > 0,
  ): Promise<string> {
    const within = onTheWay ? `-step-${stepInEpoch}` : "";
    const path = join(this.path, `checkpoint-${epoch}${within}.safetensors`);
    await this.#syncMetrics();
    await writeAtomic(path, bytes, await this.#next());
    const passing = (await listCheckpoints(this.path)).filter((file) => file.onTheWay);
    const place = passing.findIndex((file) => file.path === path);
    for (const [i, old] of passing.entries()) {
      // Newer ones than the one just written are left from before the run was resumed.
      const stays = onTheWay && (i === place || i === place + 1);
      if (!stays) await Deno.remove(old.path);
    }
    return path;
  }

  /** Writes another file of the run, whole or not at all. */
  async writeFile(name: string, contents: Uint8Array | string): Promise<void> {
    await writeAtomic(join(this.path, name), contents, await this.#next());
  }

  /** Syncs the log to the disk, so that it is never older than the checkpoint that is written next. */
  async #syncMetrics(): Promise<void> {
    const path = join(this.path, METRICS);
    try {
      using file = await Deno.open(path, { append: true, create: true });
      await file.sync();
    } catch (cause) {
      throw writeError(path, cause, await this.#next());
    }
  }

  /** Removes the folder if nothing but the configuration is in it: the run never began. */
  async removeIfBare(): Promise<void> {
    if (!await this.#isBare()) return;
    await Deno.remove(this.path, { recursive: true });
    // The folder of runs was made for this run: remove it too, unless it has another run by now.
    if (this.#madeOut) await Deno.remove(dirname(this.path)).catch(() => {});
  }

  async #isBare(): Promise<boolean> {
    for await (const { name } of Deno.readDir(this.path)) {
      const path = join(this.path, name);
      const bare = [CONFIG, LOCK].includes(name) ||
        name === METRICS && (await Deno.stat(path)).size === 0;
      if (!bare) return false;
    }
    return true;
  }

  /** The advice after a failed write. None for a run that never began: it is removed. */
  async #next(): Promise<string | undefined> {
    return await this.#isBare() ? undefined : resumeLater(this.path);
  }

  /** Ends writing: releases the lock. */
  async close(): Promise<void> {
    await this.#lock.release();
  }
}

async function makeFolder(outDir: string, name: string): Promise<string> {
  for (let copy = 1;; copy++) {
    const path = join(outDir, copy === 1 ? name : `${name}-${copy}`);
    try {
      await Deno.mkdir(outDir, { recursive: true });
      await Deno.mkdir(path);
      return path;
    } catch (cause) {
      if (!(cause instanceof Deno.errors.AlreadyExists)) throw writeError(path, cause);
      const info = await Deno.stat(outDir);
      if (!info.isDirectory) throw writeError(path, cause);
    }
  }
}

/**
 * A run as pages and figures show it; it may still be training.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../errors.ts";
import { readResults, type Results } from "../run/results.ts";
import { type MetricsRecord, readMetrics } from "../run/metrics.ts";
import { readConfig } from "../run/run_folder.ts";

/** What a run folder says. */
export interface RunData {
  /** The name of its folder. */
  readonly name: string;
  /** The folder, as it was given. */
  readonly path: string;
  /** Options by flag name, as `objective.tau_plus`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The lines of the log so far. */
  readonly metrics: readonly MetricsRecord[];
  /** What the probes found; a run that is not finished has none yet. */
  readonly results?: Results;
}

const options = z.record(z.string(), z.unknown());

/**
 * Reads a run folder; a line of the log that is just being written is left out. Throws DataError
 * where it is no run.
 *
 * @param say is told, in a sentence, of lines of the log that are no records and are left out
 */
export async function readRun(path: string, say?: (words: string) => void): Promise<RunData> {
  const [config, metrics, results] = await Promise.all([
    readConfig(path),
    readMetrics(path, say),
    readResults(path),
  ]);
  const { success, data } = options.safeParse(config);
  if (!success) {
    throw new DataError({
      act: `read the run ${path}`,
      rule: "config.json must be an object of options",
      got: JSON.stringify(config),
      next: "Name a folder that train made, or repair the file.",
    });
  }
  return {
    name: basename(resolve(path)),
    path,
    config: data,
    metrics,
    ...(results && { results }),
  };
}

/**
 * A run as pages and figures show it; it may still be training.
 *
 * @module
 */
import { type OpenRun, openRun } from "../open_run.ts";
import { readResults, type Results } from "../run/results.ts";
import { type MetricsRecord, readMetrics } from "../run/metrics.ts";

/** What a run folder says, with what was logged and found. */
export interface RunData extends OpenRun {
  /** The lines of the log so far. */
  readonly metrics: readonly MetricsRecord[];
  /** What the probes found; a run that is not finished has none yet. */
  readonly results?: Results;
}

/**
 * Reads a run folder; a line of the log that is just being written is left out. Throws DataError
 * where it is no run.
 *
 * @param say is told, in a sentence, of lines of the log that are no records and are left out
 */
export async function readRun(path: string, say?: (words: string) => void): Promise<RunData> {
  const [run, metrics, results] = await Promise.all([
    openRun(path),
    readMetrics(path, say),
    readResults(path),
  ]);
  return { ...run, metrics, ...(results && { results }) };
}

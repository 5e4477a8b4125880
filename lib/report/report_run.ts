/**
 * A run, and what could be found out about it.
 *
 * @module
 */
import {
  type ClassifierResult,
  type ProbeResult,
  readResults,
  type Results,
} from "../run/results.ts";
import type { TestImages } from "./test_images.ts";
import type { TrainingViews } from "./training_views.ts";
import { type OpenRun, openRun } from "../open_run.ts";
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
 * @param notify called with a sentence on lines of the log that are not records and are left out
 */
export async function readRun(path: string, notify?: (words: string) => void): Promise<RunData> {
  const [run, metrics, results] = await Promise.all([
    openRun(path),
    readMetrics(path, notify),
    readResults(path),
  ]);
  return { ...run, metrics, ...(results && { results }) };
}

/** What was found; else why not, in a sentence for a person. */
export type Part<T> = { readonly found: T } | { readonly missing: string };

export interface ReportRun {
  /** Its name on the page, which no other run has. */
  readonly name: string;
  /** What its folder says. */
  readonly data: RunData;
  /** The names of the options that say most about it. */
  readonly telling: readonly string[];
  /** All that probes found of it, each for its data. */
  readonly results: readonly ProbeResult[];
  /** The result of the linear probe on the data that it was trained on. */
  readonly linear: Part<ClassifierResult>;
  /** Test images as its encoder sees them. */
  readonly test: Part<TestImages>;
  /** What its encoder was trained on. */
  readonly views: Part<TrainingViews>;
}

/**
 * What the runs of a sweep found, read back from their folders.
 *
 * @module
 */
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { readResults, type Results } from "../run/results.ts";
import { type MetricsRecord, readMetrics } from "../run/metrics.ts";
import type { Run } from "./plan.ts";
import type { Outcome } from "./run_all.ts";

/** What a finished run found. */
export interface RunResult extends Results {
  /** Steps done. */
  readonly steps: number;
  /** Seconds spent on training. */
  readonly seconds: number | null;
  /** The loss of the last line of the log. */
  readonly loss: number | null;
  /** Mean over the logged steps of the share of rows at the clamp; null where there is none. */
  readonly clampRate: number | null;
  /** Mean over the logged steps of the share of negatives of the anchor's class. */
  readonly falseNegativeRate: number | null;
}

/**
 * The result of a run; undefined where it is not finished.
 *
 * @param say called with a sentence on lines of its log that are not records and are left out
 */
export async function readResult(
  { folder, references }: Pick<Run, "folder" | "references">,
  say?: (words: string) => void,
): Promise<RunResult | undefined> {
  const results = await readResults(folder);
  if (!results || references && !results.untrained) return undefined;
  const log = await readMetrics(folder, say);
  const last = log.findLast((record) => "loss" in record);
  return {
    ...results,
    steps: last?.step ?? 0,
    seconds: number(last?.seconds),
    loss: number(last?.loss),
    clampRate: meanOf(log, "clamp_rate"),
    falseNegativeRate: meanOf(log, "false_negative_rate"),
  };
}

function meanOf(log: readonly MetricsRecord[], name: string): number | null {
  const values = log.map((record) => number(record[name])).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value) / values.length;
}

const number = (value: unknown) => typeof value === "number" ? value : null;

/**
 * All that the runs measured, as compressed lines of JSON: each line of each log, led by the name of
 * the run's folder; after the log of a run one line with its arm, its seed and its accuracies.
 */
export async function gzipLog(outcomes: readonly Outcome[]): Promise<Uint8Array> {
  const lines: unknown[] = [];
  for (const { run: { folder, arm, seed }, result } of outcomes) {
    const run = basename(folder);
    for (const record of await readMetrics(folder)) lines.push({ run, ...record });
    if (!result) continue;
    const { device, trained, untrained, pixels } = result;
    lines.push({ run, arm: arm.label, seed, device, trained, untrained, pixels });
  }
  const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
  return gzipSync(new TextEncoder().encode(text), { level: 9 });
}

/**
 * The metrics log of a run, `metrics.jsonl`: one JSON object a line, each with a `step`.
 *
 * @module
 */
import { join } from "node:path";
import { DataError } from "../errors.ts";
import { readText } from "../files.ts";

/** The name of the metrics log. */
export const METRICS = "metrics.jsonl";

/** A line of the metrics log: JSON values, among them the step it belongs to. */
export interface MetricsRecord {
  /** Steps done since the start of the run. */
  readonly step: number;
  /** What was measured. */
  readonly [name: string]: unknown;
}

/** What the text of a log holds. */
export interface ParsedMetrics {
  /** The records, in order. */
  readonly records: MetricsRecord[];
  /** The lines that are no records, counted from 1: blank, cut, or written by something else. */
  readonly bad: readonly number[];
}

/**
 * The records of a log's text. A last line without its end is being written, or was cut short by a
 * crash: it is left out, and is not bad.
 */
export function parseMetrics(text: string): ParsedMetrics {
  const records: MetricsRecord[] = [];
  const bad: number[] = [];
  for (const [i, line] of text.split("\n").slice(0, -1).entries()) {
    const value = parsed(line);
    if (isRecord(value)) records.push(value);
    else bad.push(i + 1);
  }
  return { records, bad };
}

/**
 * The records of a run's log; none where it has no log yet. Throws a DataError where the log is there
 * but cannot be read.
 *
 * @param notify called with a sentence on lines that are not records and are left out
 */
export async function readMetrics(
  run: string,
  notify?: (words: string) => void,
): Promise<MetricsRecord[]> {
  const path = join(run, METRICS);
  let text: string;
  try {
    text = await readText(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw new DataError({
      act: `read ${path}`,
      rule: "it must be a readable file",
      got: cause,
      next: "Check its permissions.",
      cause,
    });
  }
  const { records, bad } = parseMetrics(text);
  if (bad.length > 0) {
    const lines = bad.length === 1
      ? `line ${bad[0]} is no record and is`
      : `${bad.length} lines, the first line ${bad[0]}, are no records and are`;
    notify?.(`In ${path}, ${lines} left out.`);
  }
  return records;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is MetricsRecord {
  return typeof value === "object" && value !== null && "step" in value &&
    Number.isFinite(value.step);
}

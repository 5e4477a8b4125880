/**
 * Runs all that is not finished, one after another or several at a time, and reads back what the
 * runs found.
 *
 * @module
 */
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { Interrupted } from "../errors.ts";
import { type MetricsRecord, readMetrics } from "../run/metrics.ts";
import { duration } from "../terminal/text.ts";
import type { ProgressBar } from "../terminal/progress.ts";
import { printErr } from "../terminal/print.ts";
import type { Run } from "./plan.ts";
import { checkFolder, OUTPUT, signalOf, trainRun } from "./train_run.ts";
import { readResults, type Results } from "../run/results.ts";

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
 * @param notify called with a sentence on lines of its log that are not records and are left out
 */
export async function readResult(
  { folder, references }: Pick<Run, "folder" | "references">,
  notify?: (words: string) => void,
): Promise<RunResult | undefined> {
  const results = await readResults(folder);
  if (!results || references && !results.untrained) return undefined;
  const log = await readMetrics(folder, notify);
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

/** What became of a run. */
export interface Outcome {
  readonly run: Run;
  /** What it found; absent where it failed. */
  readonly result?: RunResult;
  /** Why it failed. */
  readonly failure?: string;
}

export interface RunAllOptions {
  /** Processes at a time. */
  readonly jobs: number;
  /** Passed on to the processes, which save their state; no further run is started. */
  readonly signal: AbortSignal;
  /** Shows the steps of what is trained. */
  readonly bar: ProgressBar;
  /** The steps that a run has in all. */
  readonly stepsOf: (run: Run) => number;
}

/** Milliseconds between looks at the logs of the runs. */
const LOOK = 2000;

/**
 * Runs all; what is finished is read, what was interrupted is continued. A run that fails is no
 * reason not to run the others.
 *
 * Throws a DataError where a run's folder holds another run, and Interrupted after a signal.
 */
export async function runAll(
  runs: readonly Run[],
  { jobs, signal, bar, stepsOf }: RunAllOptions,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const run of runs) {
    await checkFolder(run);
    outcomes.push({ run, result: await readResult(run, printErr) });
  }
  const waiting = [...runs.keys()].filter((i) => !outcomes[i].result);
  const before = runs.length - waiting.length;
  if (before > 0) printErr(`${before} of ${runs.length} runs are finished already.`);

  const start = performance.now();
  const active = new Set<number>();
  let ended = 0;
  const total = waiting.length;
  const worker = async () => {
    while (waiting.length > 0 && !signal.aborted) {
      const i = waiting.shift()!;
      active.add(i);
      const began = performance.now();
      const failure = await trainRun(runs[i], signal);
      active.delete(i);
      const result = failure === undefined ? await readResult(runs[i], printErr) : undefined;
      if (signal.aborted && !result) return;
      outcomes[i] = result
        ? { run: runs[i], result }
        : { run: runs[i], failure: failure ?? `It left no results; see ${OUTPUT}.` };
      ended++;
      const seconds = (performance.now() - start) / 1000 / ended * (total - ended);
      bar.end();
      printErr([
        `run ${i + 1} of ${runs.length}`,
        `${runs[i].arm.label}, seed ${runs[i].seed}`,
        ...scores(outcomes[i]),
        duration((performance.now() - began) / 1000),
        ...(ended < total ? [`about ${duration(seconds)} left`] : []),
      ].join("   "));
    }
  };
  const show = async () => {
    const numbers = [...active];
    if (numbers.length === 0) return;
    const done = await Promise.all(numbers.map((i) => stepsDone(runs[i])));
    const sum = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    const steps = { done: sum(done), total: sum(numbers.map((i) => stepsOf(runs[i]))) };
    const task = `run ${numbers.map((i) => i + 1).join(" and ")} of ${runs.length}`;
    const text = numbers.map((i) => `${runs[i].arm.label}, seed ${runs[i].seed}`).join("; ");
    // A bar that is full ends; what is left is the evaluation.
    if (steps.done < steps.total) bar.show({ task, ...steps, unit: "steps" }, text);
    else bar.show({ task: `${task}, evaluating`, done: steps.done, total: 0, unit: "steps" }, text);
  };
  const timer = setInterval(() => show().catch(() => {}), LOOK);
  try {
    await Promise.all(Array.from({ length: jobs }, worker));
  } finally {
    clearInterval(timer);
    bar.end();
  }
  if (!signal.aborted) return outcomes;
  const name = signalOf(signal);
  throw new Interrupted(
    name,
    `Stopped by ${name} with ${before + ended} of ${runs.length} runs finished, the others saved ` +
      "as far as they were. Go on with the same command.",
  );
}

async function stepsDone({ folder }: Run): Promise<number> {
  return (await readMetrics(folder)).at(-1)?.step ?? 0;
}

function scores({ result, failure }: Outcome): string[] {
  if (!result) return [`failed: ${failure}`];
  return Object.entries(result.trained).map(([name, { top1 }]) => `${name} ${top1.toFixed(2)} %`);
}

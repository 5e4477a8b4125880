/**
 * What a check is, and running one after the other.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { Interrupted } from "../errors.ts";
import type { Device } from "../device/device.ts";
import type { Env, Progress } from "../plugin.ts";
import { showValue } from "../options.ts";
import { table } from "../terminal/text.ts";
import type { PluginReport } from "./check_plugin.ts";
import { median, timeInTurn, wallClock } from "../timing.ts";

/** `pass` or `fail`; `info` where nothing is asked, as of speed. */
export type Verdict = "pass" | "fail" | "info";

/** What a check found. */
export interface CheckResult {
  /** Whether it holds. */
  readonly verdict: Verdict;
  /** What was measured or is wrong, a few words. */
  readonly found: string;
}

/** Something a good plugin holds. */
export interface Check<S> {
  /** A word or two, for the table. */
  readonly name: string;
  /** What the author can do where the check fails. */
  readonly advice: string;
  /** Runs the check; an exception counts as a failure. */
  run(tested: S): CheckResult | Promise<CheckResult>;
}

export interface CheckRow extends CheckResult {
  readonly check: string;
  /** What to do; on failures only. */
  readonly advice?: string;
}

/** The result of a check that holds. */
export function pass(found: string): CheckResult {
  return { verdict: "pass", found };
}

/** The result of a check that does not hold. */
export function fail(found: string): CheckResult {
  return { verdict: "fail", found };
}

/** A result that only informs; there is nothing to hold. */
export function info(found: string): CheckResult {
  return { verdict: "info", found };
}

/** `pass` where `holds`, else `fail`, with what was found in either case. */
export function verdict(holds: boolean, found: string, otherwise: string = found): CheckResult {
  return holds ? pass(found) : fail(otherwise);
}

/** The device that checks run on, and who follows their progress. */
export interface CheckPlace {
  /** The device; TensorFlow.js is set to it. */
  readonly device: Device;
  /** Called once for each check. */
  readonly progress: (progress: Progress) => void;
  /** Ends the checks. */
  readonly signal: AbortSignal;
}

/** Runs all checks in order; tensors they leave are freed. Throws what `signal` says. */
export async function runChecks<S>(
  tested: S,
  checks: readonly Check<S>[],
  { device, progress, signal }: CheckPlace,
): Promise<CheckRow[]> {
  const rows: CheckRow[] = [];
  const total = checks.length;
  progress({ task: "checking", done: 0, total, unit: "checks" });
  for (const check of checks) {
    signal.throwIfAborted();
    rows.push(await freeing(device, () => runCheck(tested, check, device)));
    progress({ task: "checking", done: rows.length, total, unit: "checks" });
  }
  return rows;
}

async function runCheck<S>(tested: S, check: Check<S>, device: Device): Promise<CheckRow> {
  const { name, advice } = check;
  try {
    const result = await check.run(tested);
    // A shader that failed gives zeros, and says so here.
    device.check();
    return { check: name, ...result, ...(result.verdict === "fail" && { advice }) };
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return { check: name, ...fail(messageOf(error)), advice };
  }
}

/** An error as a few words: its first line. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0];
}

/** Runs `act`, and frees the tensors it left; variables stay, as a plugin may make them late. */
async function freeing<T>({ tf }: Device, act: () => Promise<T>): Promise<T> {
  tf.engine().startScope();
  try {
    return await act();
  } finally {
    tf.engine().endScope();
  }
}

/** The number of tensors and variables that `act` leaves more than it found. */
export async function kept({ tf }: Device, act: () => Promise<void> | void): Promise<number> {
  const before = tf.memory().numTensors;
  await act();
  return tf.memory().numTensors - before;
}

const WORDS: Readonly<Record<Verdict, string>> = { pass: "pass", fail: "FAIL", info: "–" };

/** A table of all checks, then what to do about those that failed. */
export function reportText({ kind, name, options, device, rows }: PluginReport): string {
  const given = Object.entries(options).map(([key, value]) => `${key}=${showValue(value)}`);
  const failed = rows.filter(({ verdict }) => verdict === "fail");
  return [
    `${kind} ${name}${given.length > 0 ? ` with ${given.join(", ")}` : ""} on ${device}`,
    "",
    table(
      ["check", "", "found"],
      rows.map(({ check, verdict, found }) => [check, WORDS[verdict], found]),
      3,
    ),
    "",
    ...failed.map(({ check, advice }) => `${check}: ${advice}`),
    ...(failed.length === 0 ? ["Every check passes."] : []),
  ].join("\n");
}

/** An environment of a device; what is not given says nothing. */
export function checkEnv({ tf }: Pick<Device, "tf">, parts: Partial<Env> = {}): Env {
  return {
    tf,
    seed: 0,
    cache: "unused",
    progress: () => {},
    signal: new AbortController().signal,
    inputShape: [1],
    classes: [],
    ...parts,
  };
}

/** Repetitions of each, in turn, after one that compiles: at most so many, in about so long. */
const REPETITIONS = 5, BUDGET = 2000;

/** Works by name: each makes tensors that depend on all it computes. */
type Works = Readonly<Record<string, () => tf.Tensor[]>>;

/** Milliseconds of each work, the median. */
export async function timeWorks({ tf }: Device, works: Works): Promise<Record<string, number>> {
  const once = (work: () => tf.Tensor[]) => async () => {
    const made = tf.tidy(work);
    // The last to be computed; reading more would time the readbacks.
    await made.at(-1)?.data();
    tf.dispose(made);
  };
  const turns = { rounds: REPETITIONS, budget: BUDGET, meter: wallClock };
  const times = await timeInTurn(Object.values(works).map(once), turns);
  return Object.fromEntries(Object.keys(works).map((name, i) => [name, median(times[i])]));
}

/** `12.3 ms, debiased 4.5 ms, biased 4.4 ms`: the first is the plugin's. */
export function speedText(times: Readonly<Record<string, number>>): string {
  return Object.entries(times)
    .map(([name, time], i) => `${i === 0 ? "" : `${name} `}${time.toFixed(1)} ms`)
    .join(", ");
}

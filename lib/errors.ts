/**
 * Errors that tell the user what to do. Each is one line: `Cannot <act>: <rule>, got <value>.`,
 * followed by what to do next. The command line prints only that line, and exits with the error's
 * code.
 *
 * @module
 */

/** The parts of an error's one line. */
export interface Problem {
  /** What could not be done, after "Cannot": `read cifar10`. */
  readonly act: string;
  /** The rule that was broken: `the file must have 30,730,000 bytes`. */
  readonly rule: string;
  /** The value that broke the rule; if it is an error, its message is shown. */
  readonly got?: unknown;
  /** What to do next, a sentence or two. */
  readonly next: string;
  /** The error underneath, shown with `--verbose`. */
  readonly cause?: unknown;
}

/** The parts of an error that is not of the form `Cannot <act>: <rule>`. */
export interface Fault {
  /** What went wrong, a sentence. */
  readonly fault: string;
  /** What to do next, a sentence or two. */
  readonly next: string;
  /** The error underneath, shown with `--verbose`. */
  readonly cause?: unknown;
}

/** An error with an exit code and a message for the user. */
export class TauplusError extends Error {
  override name = "TauplusError";
  /** The exit code of the process. */
  readonly exitCode: number = 1;
  /** What went wrong: the message without what to do next. */
  readonly fault: string;
  /** What to do next. */
  readonly next: string;

  /** Makes the message from its parts. */
  constructor(problem: Problem | Fault) {
    const fault = "fault" in problem ? problem.fault : faultOf(problem);
    super(`${fault} ${problem.next}`, { cause: problem.cause });
    this.fault = fault;
    this.next = problem.next;
  }
}

/** A flag, option, configuration or plugin choice is wrong; exit code 2. */
export class UsageError extends TauplusError {
  override name = "UsageError";
  override readonly exitCode = 2;
}

/** A dataset, download, checkpoint or other file is missing or broken; exit code 3. */
export class DataError extends TauplusError {
  override name = "DataError";
  override readonly exitCode = 3;
}

/** No usable device, or the device was lost; exit code 4. */
export class DeviceError extends TauplusError {
  override name = "DeviceError";
  override readonly exitCode = 4;
}

/** Training cannot continue, for example because the loss is NaN; exit code 5. */
export class TrainingError extends TauplusError {
  override name = "TrainingError";
  override readonly exitCode = 5;
}

/** A plugin threw, or returned something that its interface does not allow; exit code 6. */
export class PluginError extends TauplusError {
  override name = "PluginError";
  override readonly exitCode = 6;
}

/**
 * The signals after which a run is saved and ended, and their exit codes: 128 + the signal's number.
 * After SIGUSR1 the code is 75 (`EX_TEMPFAIL` of sysexits.h), which tells a scheduler to queue the run
 * again. A process that the signal itself ended never has this code.
 */
export const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGUSR1: 75 } as const;

/** The name of a signal that ends a run. */
export type SignalName = keyof typeof SIGNALS;

/**
 * The signal that an abort's reason names; SIGINT if it names none.
 *
 * @example Why a training was stopped
 * ```ts
 * import { signalOf, SIGNALS } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const stop = new AbortController();
 * stop.abort("SIGTERM");
 * assertEquals(signalOf(stop.signal.reason), "SIGTERM");
 * assertEquals(SIGNALS[signalOf(stop.signal.reason)], 143); // the exit code
 * ```
 */
export function signalOf(reason: unknown): SignalName {
  const text = String(reason);
  for (const name of ["SIGTERM", "SIGHUP", "SIGUSR1"] as const) {
    if (text.includes(name)) return name;
  }
  return "SIGINT";
}

/** A signal ended the run. Its state was saved if the run has a folder. */
export class Interrupted extends Error {
  override name = "Interrupted";
  /** The exit code of the process, from {@linkcode SIGNALS}. */
  readonly exitCode: number;

  /** Makes the error from the signal and a message that says what it interrupted. */
  constructor(readonly signal: SignalName, message: string) {
    super(message);
    this.exitCode = SIGNALS[signal];
  }
}

function faultOf(problem: Problem): string {
  const got = "got" in problem ? `, got ${show(problem.got)}` : "";
  return `Cannot ${problem.act}: ${problem.rule}${got}.`;
}

function show(value: unknown): string {
  if (value instanceof Error) return show(value.message);
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 200 ? text.slice(0, 200) + "…" : text;
}

/**
 * Signals that end a command: the first saves, the second does not.
 *
 * @module
 */
import { Interrupted, type SignalName, SIGNALS } from "../errors.ts";
import { printErr } from "../terminal/print.ts";

/** Milliseconds after a signal in which another counts as the same: a key that bounced. */
const BOUNCE = 500;

/** How signals are handled. */
export interface InterruptOptions {
  /** Is called at each: so that the terminal has its cursor again. */
  readonly end: () => void;
  /** Whether the command trains, so that what is under way may take long, and is saved. */
  readonly trains: boolean;
  /** Whether a person watches; default where standard error is a terminal. */
  readonly watched?: boolean;
}

export interface Interruption {
  /** Aborts at the first signal; the reason is an Interrupted error. */
  readonly signal: AbortSignal;
  /** Removes the signal listeners. */
  release(): void;
}

/**
 * Listens for the signals that end a run. The first one aborts `signal`, and a message says at once
 * what happens next; at a terminal a thread of its own writes it, as a step on the processor keeps
 * this one busy. A second SIGINT or SIGTERM ends the process without saving.
 */
export async function interruptible(
  { end, trains, watched = Deno.stderr.isTerminal() }: InterruptOptions,
): Promise<Interruption> {
  const controller = new AbortController();
  const names = endingSignals();
  const notifier = trains && watched ? await startNotifier(names) : undefined;
  let first = 0;
  const handlers = names.map((name) => {
    const handler = () => {
      if (controller.signal.aborted) {
        const again = name === "SIGINT" || name === "SIGTERM";
        if (!again || performance.now() - first < BOUNCE) return;
        end();
        printErr(`Ended by a second ${name}${trains ? ", without saving" : ""}.`);
        Deno.exit(SIGNALS[name]);
      }
      first = performance.now();
      end();
      if (trains && !notifier) printErr(messageFor(name));
      controller.abort(new Interrupted(name, `Stopped by ${name}.`));
    };
    Deno.addSignalListener(name, handler);
    return () => Deno.removeSignalListener(name, handler);
  });
  return {
    signal: controller.signal,
    release() {
      for (const remove of handlers) remove();
      notifier?.terminate();
    },
  };
}

/** The message at the first signal. */
function messageFor(name: SignalName): string {
  return `${name}: the step under way is finished, then the run is saved and ends. ` +
    "Once more ends it at once, without saving.";
}

/**
 * The signals that this system has. SIGHUP is handled where the output is a terminal, which can be
 * gone: `nohup` takes the terminal away, and its command is to outlive the SIGHUP.
 */
function endingSignals(): SignalName[] {
  if (Deno.build.os === "windows") return ["SIGINT", "SIGTERM"];
  const terminal = Deno.stdout.isTerminal() || Deno.stderr.isTerminal();
  return ["SIGINT", "SIGTERM", "SIGUSR1", ...(terminal ? ["SIGHUP" as const] : [])];
}

/** Starts a thread that says at once what the first signal does. */
async function startNotifier(names: readonly SignalName[]): Promise<Worker> {
  const notifier = new Worker(new URL("./signals_worker.ts", import.meta.url), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve, reject) => {
    port1.onmessage = () => resolve();
    notifier.onerror = reject;
    notifier.postMessage(names.map((name) => [name, messageFor(name)]), [port2]);
  });
  port1.close();
  return notifier;
}

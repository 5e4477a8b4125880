/**
 * Progress of long acts: one bar on a terminal, now and then a line elsewhere.
 *
 * @module
 */
// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import { note } from "./say.ts";
import type { Progress } from "../plugin.ts";

/** Shows progress on standard error. */
export interface ProgressBar {
  /**
   * Shows what is done. With `text`, as `loss 5.41   820 images/s`, the task is what the command is
   * about, and its last state stays; without, it is a step on the way, and goes when it is done.
   */
  show(progress: Progress, text?: string): void;
  /** Ends the bar. */
  end(): void;
}

/** Makes a bar; where standard error is no terminal, a line now and then. */
export function progressBar(): ProgressBar {
  return Deno.stderr.isTerminal() ? bar() : lines();
}

function bar(): ProgressBar {
  let current: { task: string; bar: cliProgress.SingleBar } | undefined;
  const end = () => {
    current?.bar.stop();
    current = undefined;
  };
  return {
    show({ task, done, total, unit }, text) {
      if (current?.task !== task) {
        end();
        const share = total > 0 ? "[{bar}] {percentage}%   " : "";
        const left = total > 0 ? "   {eta_formatted} left" : "";
        const single = new cliProgress.SingleBar({
          format: `${task}   ${share}{done}{text}${left}`,
          barsize: 24,
          hideCursor: true,
          clearOnComplete: text === undefined,
          // The end of the line may not wrap.
          linewrap: false,
          etaBuffer: 20,
          formatTime: duration,
          barCompleteChar: "█",
          barIncompleteChar: "░",
        });
        single.start(total, 0, { done: amount(done, total, unit), text: "" });
        current = { task, bar: single };
      }
      current.bar.update(done, { done: amount(done, total, unit), text: text ? `   ${text}` : "" });
      if (total > 0 && done >= total) end();
    },
    end,
  };
}

/** A line when the command's task is done, and every 30 seconds. */
function lines(): ProgressBar {
  let last = { task: "", at: 0 };
  return {
    show({ task, done, total, unit }, text) {
      const now = performance.now();
      const finished = text !== undefined && total > 0 && done >= total;
      if (task !== last.task) last = { task, at: now };
      if (!finished && now - last.at < 30_000) return;
      last = { task: finished ? "" : task, at: now };
      note(`${task}   ${amount(done, total, unit)}   ${text ?? ""}`.trimEnd());
    },
    end() {},
  };
}

/** `40 s`, `12 min`, `3 h 5 min`; cli-progress gives a text where it does not know. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `12/40 steps`, `3.1/26.4 MB`. */
function amount(done: number, total: number, unit: string): string {
  const mega = unit === "B";
  const show = (n: number) => mega ? (n / 1e6).toFixed(1) : String(n);
  return `${show(done)}${total > 0 ? "/" + show(total) : ""} ${mega ? "MB" : unit}`;
}

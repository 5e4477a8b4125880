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
  /** Shows what is done; `text` is appended, as `loss 5.41   820 images/s`. */
  show(progress: Progress, text?: string): void;
  /** Ends the bar, leaving the last state. */
  end(): void;
}

/** Makes a bar; where standard error is no terminal, a line when a task ends and every 30 s. */
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
    show({ task, done, total, unit }, text = "") {
      if (current?.task !== task) {
        end();
        const single = new cliProgress.SingleBar({
          format: `${task} [{bar}] {percentage}%   {done}   {text}   {eta_formatted} left`,
          barsize: 24,
          hideCursor: true,
          // The end of the line may not wrap.
          linewrap: false,
          etaBuffer: 20,
          barCompleteChar: "█",
          barIncompleteChar: "░",
        });
        single.start(total, 0, { done: "", text: "" });
        current = { task, bar: single };
      }
      current.bar.update(done, { done: amount(done, total, unit), text });
      if (total > 0 && done >= total) end();
    },
    end,
  };
}

function lines(): ProgressBar {
  let last = { task: "", at: 0 };
  return {
    show({ task, done, total, unit }, text = "") {
      const now = performance.now();
      const whole = total > 0 && done >= total;
      if (task !== last.task) last = { task, at: now };
      if (!whole && now - last.at < 30_000) return;
      last = { task: whole ? "" : task, at: now };
      note(`${task}   ${amount(done, total, unit)}   ${text}`.trimEnd());
    },
    end() {},
  };
}

/** `12/40 steps`, `3.1/26.4 MB`. */
function amount(done: number, total: number, unit: string): string {
  const mega = unit === "B";
  const show = (n: number) => mega ? (n / 1e6).toFixed(1) : String(n);
  return `${show(done)}${total > 0 ? "/" + show(total) : ""} ${mega ? "MB" : unit}`;
}

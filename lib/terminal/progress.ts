/**
 * Progress of long acts on standard error: one bar where a person watches, a line now and then
 * elsewhere.
 *
 * @module
 */
import type { Progress } from "../plugin.ts";
import { amount } from "./text.ts";
import { printErr } from "./print.ts";

/** Shows progress on standard error. */
export interface ProgressBar {
  /**
   * Shows what is done. With `text`, the task is what the command is about, and its last state
   * stays; without, it is a step on the way, and goes when it is done.
   *
   * @param text parts three spaces apart, from the one that matters most: `epoch 3   loss 5.41`
   * @param stage what the task is counted in, as the epoch: in a log, each is a line at its end
   */
  show(progress: Progress, text?: string, stage?: number): void;
  end(): void;
}

/** Makes a bar, or what replaces it in logs. */
export async function progressBar(): Promise<ProgressBar> {
  if (!isWatched(Deno.stderr.isTerminal(), Deno.env.get("TERM"), Deno.env.get("CI"))) {
    return progressLines();
  }
  const { drawnBar } = await import("./drawn_bar.ts");
  return drawnBar();
}

/** Whether a person sees a line that is drawn over and over; some CI has a terminal, too. */
export function isWatched(isTerminal: boolean, term: string | undefined, ci = ""): boolean {
  return isTerminal && term !== "dumb" && ["", "0", "false"].includes(ci);
}

/** Milliseconds without a line after which there is one. */
const PATIENCE = 30_000;

/**
 * A line at the end of each stage and of the command's task; while a stage or a step on the way
 * takes long, one every 30 seconds.
 */
export function progressLines(
  write: (line: string) => void = printErr,
  clock: () => number = () => performance.now(),
): ProgressBar {
  let task: { name: string; stage?: number; line: string; written: boolean } | undefined;
  let doing = "";
  let at = 0;
  const put = (line: string, now: number) => {
    write(line);
    at = now;
  };
  return {
    show({ task: name, done, total, unit }, text, stage) {
      const now = clock();
      const line = [name, amount(done, total, unit), ...text ? [text] : []].join("   ");
      if (name !== doing) at = now;
      doing = name;
      if (text === undefined) {
        if (now - at >= PATIENCE) put(line, now);
        return;
      }
      // The last word on a stage is known only when the next one begins.
      if (task?.name === name && task.stage !== stage && !task.written) put(task.line, now);
      const due = now - at >= PATIENCE || total > 0 && done >= total;
      if (due) put(line, now);
      task = { name, stage, line, written: due };
    },
    end() {},
  };
}

/**
 * Progress for logs.
 *
 * @module
 */
import { amount } from "./amounts.ts";
import type { ProgressBar } from "./progress.ts";
import { note } from "./say.ts";

/** Milliseconds without a line after which there is one. */
const PATIENCE = 30_000;

/**
 * A line at the end of each stage and of the command's task; while a stage or a step on the way
 * takes long, one every 30 seconds.
 */
export function progressLines(
  write: (line: string) => void = note,
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

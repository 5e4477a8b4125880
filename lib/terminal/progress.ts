/**
 * Progress of long acts on standard error: one bar where a person watches, a line now and then
 * elsewhere.
 *
 * @module
 */
import type { Progress } from "../plugin.ts";
import { progressLines } from "./progress_lines.ts";

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
  /** Ends the bar. */
  end(): void;
}

/** Makes a bar, or what stands for it in logs. */
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

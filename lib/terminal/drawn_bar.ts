/**
 * A line of progress that is drawn over and over.
 *
 * @module
 */
import cliProgress from "cli-progress";
import process from "node:process";
import type { Progress } from "../plugin.ts";
import type { ProgressBar } from "./progress.ts";
import { progressLine } from "./progress_line.ts";
import { draw } from "./say.ts";
import { terminalWidth } from "./width.ts";

/** A bar on the screen. */
interface Bar {
  readonly task: string;
  /** Whether it is a step on the way, which leaves no trace. */
  readonly isStep: boolean;
  update(progress: Progress, text?: string): void;
  stop(): void;
}

/** One line for all: a step on the way takes the place of the task while it lasts. */
export function drawnBar(): ProgressBar {
  let current: Bar | undefined;
  const end = () => {
    current?.stop();
    current = undefined;
  };
  return {
    show(progress, text) {
      const { task, done, total } = progress;
      const isStep = text === undefined;
      const within = isStep && current !== undefined && !current.isStep;
      if (current?.task !== task && !within) {
        end();
        current = begin(progress, isStep);
      }
      current?.update(progress, text);
      if (total > 0 && done >= total && !within) end();
    },
    end,
  };
}

function begin({ task, done, total }: Progress, isStep: boolean): Bar {
  let own: { progress: Progress; text?: string } = { progress: { task, done, total, unit: "" } };
  let drawn = own;
  const bar = new cliProgress.SingleBar({
    format: (_options, { eta }) =>
      progressLine(
        // The time left is the task's own, and a text while cli-progress does not know it.
        {
          ...drawn.progress,
          text: drawn.text,
          ...(drawn === own && Number.isFinite(eta) && { left: eta }),
        },
        // In the last column some terminals wrap.
        terminalWidth(Deno.stderr) - 1,
      ),
    hideCursor: true,
    clearOnComplete: isStep,
    linewrap: false,
    stream: standardError(),
    etaBuffer: 20,
    // Signals are heard elsewhere.
    gracefulExit: false,
  });
  bar.start(total, done);
  return {
    task,
    isStep,
    update(progress, text) {
      const { done, total } = progress;
      const isOwn = progress.task === task;
      const isOver = !isOwn && total > 0 && done >= total;
      drawn = isOver ? own : { progress, text };
      if (!isOwn) return;
      own = drawn;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

/** Standard error, but that drawing does not fail where the terminal is gone. */
function standardError(): NodeJS.WritableStream {
  return Object.create(process.stderr, {
    write: {
      value: (text: string) => {
        draw(text);
        return true;
      },
    },
  });
}

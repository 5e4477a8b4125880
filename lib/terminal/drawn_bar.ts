/**
 * A line of progress that is drawn over and over.
 *
 * @module
 */
import cliProgress from "cli-progress";
import process from "node:process";
import type { Progress } from "../plugin.ts";
import type { ProgressBar } from "./progress.ts";
import { colored, draw } from "./print.ts";
import { amount, duration, terminalWidth, truncated, widthOf } from "./text.ts";

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
    // Signals are handled elsewhere.
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

/** What a line shows. */
interface ProgressState extends Progress {
  /** More, parts three spaces apart, from the one that matters most: `epoch 3   loss 5.41`. */
  readonly text?: string;
  /** Seconds that are left, where that is known. */
  readonly left?: number;
}

const GAP = "   ";

/** How long the bar is, where there is room. */
const SIZES = [24, 16, 8, 0];

/**
 * The line, at most `columns` wide: what does not fit goes, the bar before the numbers, the last
 * parts before the first.
 */
export function progressLine(state: ProgressState, columns: number): string {
  for (const words of candidates(state)) {
    const line = words.filter((word) => word !== "").join(GAP);
    if (widthOf(line) <= columns) return line;
  }
  return truncated(state.task, columns);
}

function* candidates({ task, done, total, unit, text, left }: ProgressState): Generator<string[]> {
  const share = total > 0 ? Math.min(done / total, 1) : undefined;
  const parts = text?.split(GAP) ?? [];
  const count = amount(done, total, unit);
  const known = share !== undefined && share < 1;
  const time = left === undefined || !known ? "" : `${duration(left)} left`;
  for (const size of SIZES) yield [task, bar(share, size), count, ...parts, time];
  yield [task, bar(share, 0), count, ...parts.slice(0, -1), time];
  for (let n = parts.length - 1; n >= 0; n--) {
    yield [task, bar(share, 0), count, ...parts.slice(0, n)];
  }
  yield [task, share === undefined ? count : bar(share, 0)];
}

/** `[██████░░░░░░] 50 %`. */
function bar(share: number | undefined, size: number): string {
  if (share === undefined) return "";
  const percent = `${String(Math.floor(100 * share)).padStart(3)} %`;
  if (size === 0) return percent;
  const full = Math.round(share * size);
  return `${colored("cyan", "█".repeat(full))}${"░".repeat(size - full)} ${percent}`;
}

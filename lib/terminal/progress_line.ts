/**
 * One line of progress, in the columns there are.
 *
 * @module
 */
import type { Progress } from "../plugin.ts";
import { amount, duration } from "./amounts.ts";
import { coloured } from "./style.ts";
import { truncated, widthOf } from "./width.ts";

/** What a line shows. */
export interface ProgressState extends Progress {
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
  return `${coloured("cyan", "█".repeat(full))}${"░".repeat(size - full)} ${percent}`;
}

/**
 * How wide terminals and texts are, in columns, and plain tables of them.
 *
 * @module
 */
import truncatedWidth from "fast-string-truncated-width";
import { wrapAnsi } from "fast-wrap-ansi";

/** Where there is no terminal, or it does not say how wide it is. */
const STANDARD = 80;

/** The columns of the terminal now: they change with its window. Where there is none, 80. */
export function terminalWidth(stream: Pick<typeof Deno.stdout, "isTerminal">): number {
  if (!stream.isTerminal()) return STANDARD;
  try {
    return Deno.consoleSize().columns || STANDARD;
  } catch {
    return STANDARD;
  }
}

/** The columns that a text takes: none for a color, two for most letters of East Asia. */
export function widthOf(text: string): number {
  return truncatedWidth(text).width;
}

/** The text, or where it is wider than `columns` its beginning and `…`. */
export function truncated(text: string, columns: number): string {
  const { index, ellipsed } = truncatedWidth(text, { limit: columns, ellipsis: "…" });
  return ellipsed ? text.slice(0, index) + "…" : text;
}

/** The text in lines of at most so many columns, broken between words where it can be. */
export function wrapped(text: string, columns: number): string[] {
  return widthOf(text) <= columns ? [text] : wrapAnsi(text, columns, { hard: true }).split("\n");
}

/** How a table is laid out. */
export interface TableLayout {
  /** The columns there are; default those of the terminal, or 80. */
  readonly columns?: number;
  /** Spaces between columns; default 3. */
  readonly gap?: number;
}

/**
 * Rows under a head, columns padded to align. Where the terminal is too narrow, the widest columns
 * become narrower, and their text continues on the next line.
 *
 * @param left how many columns, from the first, are texts and align to the left; the others are
 * numbers and align to the right.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
  { columns = terminalWidth(Deno.stdout), gap = 3 }: TableLayout = {},
): string {
  const all = [head, ...rows];
  const natural = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column]))));
  const widths = fit(natural, columns - gap * (head.length - 1));
  const space = " ".repeat(gap);
  const lines = (row: readonly string[]) => {
    const cells = row.map((cell, column) => wrapped(cell, widths[column]));
    const height = Math.max(...cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) =>
      cells.map((cell, column) => {
        const text = cell[line] ?? "";
        const padding = " ".repeat(widths[column] - widthOf(text));
        return column < left ? text + padding : padding + text;
      }).join(space).trimEnd());
  };
  const rule = widths.map((width) => "─".repeat(width)).join(space);
  return [...lines(head), rule, ...rows.flatMap(lines)].join("\n");
}

/** The widths, the widest made narrower until their sum is at most `available`. */
function fit(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  for (let sum = widths.reduce((a, b) => a + b, 0); sum > available; sum--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest] <= 2) break; // no letter of East Asia is narrower
    widths[widest]--;
  }
  return widths;
}

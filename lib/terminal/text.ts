/**
 * Texts for a person: times and amounts, commands as they are typed, how wide texts and terminals are in
 * columns, and plain tables.
 *
 * @module
 */
import truncatedWidth from "fast-string-truncated-width";
import { wrapAnsi } from "fast-wrap-ansi";

/** `40 s`, `12 min`, `3 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Points with their sign, which nothing has plus: `+5.25`, `−0.30`. */
export function signed(points: number): string {
  const digits = Math.abs(points).toFixed(2);
  return (points < 0 && Number(digits) > 0 ? "−" : "+") + digits;
}

/** How much is done, and of how much where that is known: `12/40 steps`, `3.1/26.4 MB`. */
export function amount(done: number, total: number, unit: string): string {
  const mega = unit === "B";
  const show = (n: number) => mega ? (n / 1e6).toFixed(1) : String(n);
  return `${show(done)}${total > 0 ? "/" + show(total) : ""} ${mega ? "MB" : unit}`;
}

/** A text as one word of a shell: as it is where that is safe, else in quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

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

/**
 * How wide terminals and texts are, in columns.
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

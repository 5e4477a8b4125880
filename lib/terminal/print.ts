/**
 * Printing to the terminal: results on standard output, everything else on standard error. Color
 * sparingly, on standard error, and only where it is wanted: on a terminal, but not with NO_COLOR or
 * TERM=dumb; FORCE_COLOR is stronger than all of them, as in Node and Deno.
 *
 * @module
 */
import process from "node:process";
import { styleText } from "node:util";

const encoder = new TextEncoder();

/** Writes a result, a line to standard output. */
export function printOut(text = ""): void {
  write(Deno.stdout, text + "\n");
}

/** Writes a remark, a line to standard error. */
export function printErr(text: string): void {
  write(Deno.stderr, text + "\n");
}

/** Writes to standard error as it is, as to draw on a line. */
export function draw(text: string): void {
  write(Deno.stderr, text);
}

function write(stream: typeof Deno.stdout, text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let from = 0; from < bytes.length;) from += stream.writeSync(bytes.subarray(from));
  } catch (error) {
    // Whoever reads may have gone, as in `… | head`; or the terminal, whose error has no class.
    const gone = error instanceof Deno.errors.BrokenPipe ||
      error instanceof Error && error.message.includes("(os error 5)");
    if (!gone) throw error;
  }
}

/** A text in a color, or as it is where standard error shows none. */
export function colored(color: "red" | "yellow" | "cyan", text: string): string {
  return styleText(color, text, { stream: process.stderr });
}

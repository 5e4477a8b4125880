/**
 * Color on standard error, sparingly, and only where it is wanted: on a terminal, but not with
 * NO_COLOR or TERM=dumb; FORCE_COLOR is stronger than all of them, as in Node and Deno.
 *
 * @module
 */
import process from "node:process";
import { styleText } from "node:util";

/** A text in a color, or as it is where standard error shows none. */
export function colored(color: "red" | "yellow" | "cyan", text: string): string {
  return styleText(color, text, { stream: process.stderr });
}

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Outcome } from "./command_line.ts";

/** One line, the exit code, the words it must have, no stack, and nothing on standard output. */
export function refused({ code, stdout, stderr }: Outcome, exit: number, ...words: string[]): void {
  const errors = stderr.split("\n").filter((line) => line.startsWith("error: "));
  assertEquals(errors.length, 1, stderr);
  assert(!stderr.includes("    at "), `no stack: ${stderr}`);
  for (const word of words) assertStringIncludes(errors[0], word);
  assertEquals(code, exit);
  assertEquals(stdout, "");
}

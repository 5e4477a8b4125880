/**
 * What the command line says of itself: `--help` and `--version` without a command.
 *
 * @module
 */
import { versions } from "../version.ts";
import { COMMANDS } from "./commands.ts";
import { overviewText } from "./help_text.ts";
import type { Output } from "./output.ts";

const SUMMARY = "tauplus trains image encoders without labels and corrects for false negatives.";

/** Answers `--help` and `--version`; false where `name` is neither. */
export function about(name: string, { result }: Output): boolean {
  if (["--help", "-h", "help"].includes(name)) {
    const commands = Object.entries(COMMANDS).map(([name, { summary }]) => ({ name, summary }));
    result(
      { summary: SUMMARY, usage: "deno task <command> [--option=value …]", commands },
      overviewText,
    );
    return true;
  }
  if (["--version", "-V"].includes(name)) {
    result(
      versions(),
      (found) => Object.entries(found).map(([what, version]) => `${what} ${version}`).join("\n"),
    );
    return true;
  }
  return false;
}

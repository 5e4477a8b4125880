/**
 * What a good schema of options holds, of any kind.
 *
 * @module
 */
import { flagsOf } from "../options.ts";
import type { Plugin } from "../plugin.ts";
import { type CheckResult, type CheckRow, fail, messageOf, pass } from "./check.ts";

/** One line of a list: as many characters as fit beside a name in 100 columns. */
const LONGEST_SUMMARY = 90;

export function checkSchema(plugin: Plugin): CheckRow[] {
  return [
    row(
      "summary",
      summary(plugin),
      "One line that says what it is, with the paper where there is one.",
    ),
    row(
      "defaults",
      defaults(plugin),
      "Give every option a .default(…) that the schema itself allows.",
    ),
    row(
      "descriptions",
      descriptions(plugin),
      "Say what each option does by .describe(…): that is its line in --help.",
    ),
  ];
}

function row(check: string, result: CheckResult, advice: string): CheckRow {
  return { check, ...result, ...(result.verdict === "fail" && { advice }) };
}

function summary({ summary }: Plugin): CheckResult {
  if (summary.trim() === "") return fail("it is empty");
  if (summary.includes("\n")) return fail("it has several lines");
  return summary.length <= LONGEST_SUMMARY
    ? pass(`${summary.length} characters`)
    : fail(`${summary.length} characters, of at most ${LONGEST_SUMMARY}`);
}

function defaults({ options }: Plugin): CheckResult {
  const result = options.safeParse({});
  const flags = flagsOf(options);
  if (!result.success) {
    const { path, message } = result.error.issues[0];
    return fail(`${path.join(".")}: ${messageOf(message)}`);
  }
  // zod does not try a default by the rule it stands behind.
  const again = options.safeParse(result.data);
  if (!again.success) {
    const { path, message } = again.error.issues[0];
    return fail(`the default of ${path.join(".")} is refused: ${messageOf(message)}`);
  }
  return pass(
    flags.length === 0
      ? "no options"
      : flags.length === 1
      ? "one option"
      : `${flags.length} options`,
  );
}

function descriptions({ options }: Plugin): CheckResult {
  const bare = flagsOf(options).filter(({ description }) => description.trim() === "");
  return bare.length === 0
    ? pass("of every option")
    : fail(`none of ${bare.map(({ key }) => key).join(", ")}`);
}

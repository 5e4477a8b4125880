/**
 * What was found of a plugin, for the terminal.
 *
 * @module
 */
import { table } from "../terminal/table.ts";
import type { Verdict } from "./check.ts";
import type { PluginReport } from "./check_plugin.ts";

const WORDS: Readonly<Record<Verdict, string>> = { pass: "pass", fail: "FAIL", info: "–" };

/** A table of all checks, then what to do about those that failed. */
export function reportText({ kind, name, device, rows }: PluginReport): string {
  const failed = rows.filter(({ verdict }) => verdict === "fail");
  return [
    `${kind} ${name} on ${device}`,
    "",
    table(
      ["check", "", "found"],
      rows.map(({ check, verdict, found }) => [check, WORDS[verdict], found]),
      3,
    ),
    ...failed.flatMap(({ check, advice }) => ["", `${check}: ${advice}`]),
  ].join("\n");
}

/**
 * What was found of a plugin, for the terminal.
 *
 * @module
 */
import { showValue } from "../options.ts";
import { table } from "../terminal/table.ts";
import type { Verdict } from "./check.ts";
import type { PluginReport } from "./check_plugin.ts";

const WORDS: Readonly<Record<Verdict, string>> = { pass: "pass", fail: "FAIL", info: "–" };

/** A table of all checks, then what to do about those that failed. */
export function reportText({ kind, name, options, device, rows }: PluginReport): string {
  const given = Object.entries(options).map(([key, value]) => `${key}=${showValue(value)}`);
  const failed = rows.filter(({ verdict }) => verdict === "fail");
  return [
    `${kind} ${name}${given.length > 0 ? ` with ${given.join(", ")}` : ""} on ${device}`,
    "",
    table(
      ["check", "", "found"],
      rows.map(({ check, verdict, found }) => [check, WORDS[verdict], found]),
      3,
    ),
    "",
    ...failed.map(({ check, advice }) => `${check}: ${advice}`),
    ...(failed.length === 0 ? ["Every check passes."] : []),
  ].join("\n");
}

/**
 * `--help`, from the schemas.
 *
 * @module
 */
import { reach, type Section, sectionsOf } from "../config.ts";
import { showValue } from "../options.ts";
import type { Kind, Plugin } from "../plugin.ts";
import { KINDS, type Registry } from "../registry.ts";
import type { Command } from "./command.ts";

/** The help of one command, with the options of the plugins in use. */
export function commandHelp(
  name: string,
  summary: string,
  command: Command,
  plugins: Readonly<Partial<Record<Kind, Plugin>>>,
  registry: Registry,
): string {
  const sections = sectionsOf(command.spec, plugins);
  const lines = [
    `${summary}.`,
    "",
    `Usage: deno task ${name}${command.words ? " " + command.words : ""} [--option=value …]`,
  ];
  const chosen = KINDS.flatMap((kind) => plugins[kind] ?? []);
  if (chosen.length > 0) {
    lines.push("", "Plugins:");
    for (const { kind, name } of chosen) {
      lines.push(...entry(`--${kind}=${name}`, registry.names(kind).join(", ")));
    }
    lines.push(...entry("--plugin=SPECIFIER", "load a third party's: a path, npm: or jsr:"));
  }
  for (const section of sections) {
    if (section.flags.length === 0) continue;
    lines.push("", titleOf(section, plugins));
    for (const flag of section.flags) {
      const value = flag.default === undefined ? "…" : showValue(flag.default);
      const hint = flag.boolean || flag.rule === "a text" ? "" : ` (${flag.rule})`;
      lines.push(
        ...entry(`--${reach(sections, section, flag)}=${value}`, flag.description + hint),
      );
    }
  }
  lines.push("", "All commands:");
  lines.push(...entry("--config=FILE", "options from a JSON file, under those given here"));
  lines.push(...entry("--help", "this page; with --objective=NAME and the like, their options"));
  lines.push(...entry("--verbose", "show the stack of an error"));
  return lines.join("\n");
}

/** The list of commands. */
export function overview(commands: Readonly<Record<string, { summary: string }>>): string {
  return [
    "tauplus trains image encoders without labels and corrects for false negatives.",
    "",
    "Usage: deno task <command> [--option=value …]",
    "",
    "Commands:",
    ...Object.entries(commands).flatMap(([name, { summary }]) => entry(name, summary)),
    "",
    "Run a command with --help for its options.",
  ].join("\n");
}

function titleOf(
  section: Section,
  plugins: Readonly<Partial<Record<Kind, Plugin>>>,
): string {
  if (section.name === "") return "Options";
  const plugin = Object.values(plugins).find(({ kind }) => kind === section.name);
  const title = section.name[0].toUpperCase() + section.name.slice(1);
  return plugin ? `${title} ${plugin.name}: ${plugin.summary}` : title;
}

const WIDTH = 80;
const INDENT = 34;

/** `  --flag   text`, the text wrapped within {@linkcode WIDTH} columns. */
function entry(flag: string, text: string): string[] {
  const lines: string[] = [];
  let line = `  ${flag}`.padEnd(INDENT);
  if (line.length > INDENT) {
    lines.push(line);
    line = " ".repeat(INDENT);
  }
  for (const word of text.split(" ")) {
    if (line.length > INDENT && line.length + word.length >= WIDTH) {
      lines.push(line.trimEnd());
      line = " ".repeat(INDENT);
    }
    line += word + " ";
  }
  lines.push(line.trimEnd());
  return lines;
}

/**
 * `--help` as text.
 *
 * @module
 */
import { showValue } from "../options.ts";
import { type CommonFlag, type HelpOption, type HelpPage, PLUGIN_FLAG } from "./help.ts";

const WIDTH = 80;
const INDENT = 34;

/** The page of a command. */
export function helpText({ summary, usage, plugins, sections, common }: HelpPage): string {
  const lines = [`${summary}.`, "", `Usage: ${usage}`];
  if (plugins.length > 0) {
    lines.push("", "Plugins:");
    for (const { flag, default: name, choices } of plugins) {
      lines.push(...entry(`${flag}=${name}`, choices.join(", ")));
    }
    lines.push(...commonEntry(PLUGIN_FLAG));
  }
  for (const { title, options } of sections) lines.push("", title, ...options.flatMap(optionEntry));
  lines.push("", "All commands:", ...common.flatMap(commonEntry));
  return lines.join("\n");
}

/** The list of commands, as `--help` without a command says it. */
export interface Overview {
  /** What all this is. */
  readonly summary: string;
  /** How a command is called. */
  readonly usage: string;
  /** The commands. */
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
}

/** The list of commands. */
export function overviewText({ summary, usage, commands }: Overview): string {
  return [
    summary,
    "",
    `Usage: ${usage}`,
    "",
    "Commands:",
    ...commands.flatMap(({ name, summary }) => entry(name, summary)),
    "",
    "Run a command with --help for its options; --version says the versions.",
  ].join("\n");
}

function optionEntry(option: HelpOption): string[] {
  const { flag, kind, rule, description } = option;
  const value = option.default === undefined ? "…" : showValue(option.default);
  const hint = kind === "boolean" || rule === "a text" ? "" : ` (${rule})`;
  return entry(`${flag}=${value}`, description + hint);
}

function commonEntry({ flag, description }: CommonFlag): string[] {
  return entry(flag, description);
}

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

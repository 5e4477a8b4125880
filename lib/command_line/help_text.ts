/**
 * `--help` as text.
 *
 * @module
 */
import { showShort } from "../options.ts";
import { terminalWidth, widthOf, wrapped } from "../terminal/text.ts";
import { type CommonFlag, type HelpOption, type HelpPage, PLUGIN_FLAG } from "./help.ts";

/** Longer lines are hard to read, shorter ones leave no room beside the flags. */
const WIDEST = 100, NARROWEST = 40;

/** Columns of this terminal that a text may take. */
const columnsHere = () => Math.min(WIDEST, Math.max(NARROWEST, terminalWidth(Deno.stdout)));

/** The page of a command: its first screen, or all of it. */
export function helpText(
  page: HelpPage,
  extent: "short" | "all" = "all",
  columns: number = columnsHere(),
): string {
  const { summary, usage, examples, defaults, notice, plugins, common } = page;
  const all = page.sections.flatMap(({ options }) => options);
  // What fits on a screen is shown whole.
  const whole = extent === "all" || all.length <= FEW;
  const sections = whole ? page.sections : page.sections
    .map(({ title, options }) => ({ title, options: options.filter(({ front }) => front) }))
    .filter(({ options }) => options.length > 0);
  const lines = [
    ...wrapped(`${summary}.`, columns),
    "",
    ...wrapped(`Usage: ${usage}`, columns),
    ...listed("Examples", examples.map(({ line, description }) => [line, description]), columns),
  ];
  if (plugins.length > 0) {
    const choices = plugins.map(({ flag, default: name, choices }): Row => [
      `${flag}=${name}`,
      choices.join(", "),
    ]);
    lines.push(...listed("Plugins", whole ? [...choices, rowOf(PLUGIN_FLAG)] : choices, columns));
  }
  for (const { title, options } of sections) {
    lines.push(...listed(title, options.map((option) => optionRow(option, whole)), columns));
  }
  if (whole) lines.push(...listed("Common options", common.map(rowOf), columns));
  const remarks = [
    notice ?? (defaults.length > 0 ? `The defaults are those of ${defaults.join(", then ")}.` : ""),
    ruleOfNames(sections),
    whole ? "" : `These are ${count(sections)} of ${all.length} options: --help=all shows all.`,
  ].filter((remark) => remark !== "");
  if (remarks.length > 0) lines.push("");
  for (const remark of remarks) lines.push(...wrapped(remark, columns));
  return lines.join("\n");
}

/** So many options need no second page. */
const FEW = 8;

/** The rule for names that several sections have, where one of them is shown. */
function ruleOfNames(sections: HelpPage["sections"]): string {
  const shared = sections.flatMap(({ options }) => options).find(({ flag }) => flag.includes("."));
  return shared === undefined
    ? ""
    : `An option with a dot, as ${shared.flag}, shares its name with others: the bare name means the ` +
      "command's own option, and is refused where only several plugins have it.";
}

const count = (sections: HelpPage["sections"]) =>
  sections.reduce((sum, { options }) => sum + options.length, 0);

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
export function overviewText(
  { summary, usage, commands }: Overview,
  columns: number = columnsHere(),
): string {
  return [
    ...wrapped(summary, columns),
    "",
    `Usage: ${usage}`,
    ...listed("Commands", commands.map(({ name, summary }) => [name, summary]), columns),
    "",
    ...wrapped(
      "Run a command with --help for its options; --version says the versions.",
      columns,
    ),
  ].join("\n");
}

/** A term, and what it is. */
type Row = readonly [string, string];

const rowOf = ({ flag, description }: CommonFlag): Row => [flag, description];

/** With the rule of its values where there is room for it, and a list of them always. */
function optionRow(option: HelpOption, whole: boolean): Row {
  const { flag, kind, rule, description, choices, place } = option;
  const rules = whole ? kind !== "boolean" && rule !== "a text" : rule.startsWith("one of ");
  const hint = rules ? ` (${rule})` : "";
  const list = Array.isArray(option.default) ? ",…" : "";
  const value = option.default !== undefined && String(option.default) !== ""
    ? showShort(option.default)
    : place === "file-path"
    ? "FILE" + list
    : place !== undefined
    ? "DIR" + list
    : kind === "boolean"
    ? "true|false"
    : choices !== undefined
    ? "NAME"
    : "VALUE" + list;
  return [`${flag}=${value}`, description + hint];
}

/** A heading and its rows: terms to the left, texts beside them, wrapped. */
function listed(heading: string, rows: readonly Row[], columns: number): string[] {
  const widest = Math.floor(columns * 0.45);
  const fitting = rows.map(([term]) => widthOf(term)).filter((width) => width + 4 <= widest);
  const indent = Math.max(16, ...fitting.map((width) => width + 4));
  const lines = ["", `${heading}:`];
  for (const [term, text] of rows) {
    const [first, ...rest] = wrapped(text, columns - indent);
    const beside = `  ${term}`;
    if (widthOf(beside) + 2 <= indent) lines.push(beside.padEnd(indent) + first);
    else lines.push(beside, " ".repeat(indent) + first);
    for (const line of rest) lines.push(" ".repeat(indent) + line);
  }
  return lines.map((line) => line.trimEnd());
}

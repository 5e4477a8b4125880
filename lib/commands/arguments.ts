/**
 * A command line as texts by flag name.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";

/** The flags that every command has; they are no options of a configuration. */
const COMMON_BOOLEANS = ["help", "verbose", "json", "trust"];

/** A command line, taken apart but not yet checked. */
export interface Arguments {
  /** The words that are no flags. */
  readonly words: string[];
  /** The texts of the flags by name. */
  readonly flags: Record<string, string>;
  /** The specifiers of `--plugin`. */
  readonly plugins: string[];
  /** Whether `--help` or `-h` was given. */
  readonly help: boolean;
  /** Whether `--verbose` was given. */
  readonly verbose: boolean;
  /** Whether `--json` was given. */
  readonly json: boolean;
  /** Whether `--trust` was given. */
  readonly trust: boolean;
}

/**
 * Takes a command line apart: `--tau-plus 0.1`, `--tau_plus=0.1` and `--no-debiased` are all
 * understood. Of a flag that is given more than once the last counts; of a list, all do, as if they
 * were joined by commas.
 *
 * @param booleans the flags that may stand bare before a word.
 * @param lists the flags that are lists.
 */
export function parseCommandLine(
  args: readonly string[],
  booleans: readonly string[],
  lists: readonly string[] = [],
): Arguments {
  const known = [...COMMON_BOOLEANS, ...booleans];
  const end = args.indexOf("--");
  const before = (end < 0 ? args : args.slice(0, end)).map((arg) => {
    const match = /^--([^=]+)(=[\s\S]*)?$/.exec(arg);
    if (!match) return arg === "-h" ? "--help=true" : arg;
    const name = match[1].replaceAll("-", "_");
    const value = match[2];
    if (value === undefined && known.includes(name)) return `--${encode(name)}=true`;
    if (value === undefined && name.startsWith("no_") && known.includes(name.slice(3))) {
      return `--${encode(name.slice(3))}=false`;
    }
    return `--${encode(name)}${value ?? ""}`;
  });
  const names = before.flatMap((arg) => /^--([^=]+)/.exec(arg)?.[1] ?? []);
  const { _: words, plugin, help, verbose, json, trust, ...flags } = parseArgs(
    [...before, ...(end < 0 ? [] : args.slice(end))],
    { string: names, collect: ["plugin", ...lists.filter((name) => names.includes(name))] },
  );
  return {
    words: words.map(String),
    flags: Object.fromEntries(
      // Of a list, String() joins the elements by commas.
      Object.entries(flags).map(([name, value]) => [decode(name), String(value)]),
    ),
    plugins: Array.isArray(plugin) ? plugin.map(String) : [],
    help: isOn(help),
    verbose: isOn(verbose),
    json: isOn(json),
    trust: isOn(trust),
  };
}

// parseArgs takes a dot in a name for a nested object, which `--objective=a --objective.b=1` is not.
const encode = (name: string) => name.replaceAll(".", ":");
const decode = (name: string) => name.replaceAll(":", ".");

const isOn = (text: unknown) => text !== undefined && text !== "false";

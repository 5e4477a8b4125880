/**
 * A command line as texts by flag name.
 *
 * @module
 */

/** The flags that every command has; they are no options of a configuration. */
const COMMON_BOOLEANS = ["help", "verbose", "json", "trust", "version"];

/** The short flags, in full. */
const SHORT: ReadonlyMap<string, string> = new Map([["-h", "--help"], ["-V", "--version"]]);

/** A command line, taken apart but not yet checked. */
export interface Arguments {
  /** The words that are no flags. */
  readonly words: string[];
  /** The texts of the flags by name. */
  readonly flags: Record<string, string>;
  /** The specifiers of `--plugin`. */
  readonly plugins: string[];
  /** Which help `--help` or `-h` asks for: the first screen, or all. */
  readonly help?: "short" | "all";
  /** Whether `--verbose` was given. */
  readonly verbose: boolean;
  /** Whether `--json` was given. */
  readonly json: boolean;
  /** Whether `--trust` was given. */
  readonly trust: boolean;
  /** Whether `--version` or `-V` was given. */
  readonly version: boolean;
}

/**
 * Takes a command line apart: `--tau-plus 0.1`, `--tau_plus=0.1`, `--no-debiased` and
 * `--debiased False` are all understood; there are no short flags but `-h` and `-V`. Of a flag that is given
 * more than once the last counts; of a list, all do, as if they were joined by commas.
 *
 * @param booleans the flags that may stand bare before a word.
 * @param lists the flags that are lists.
 */
export function parseCommandLine(
  args: readonly string[],
  booleans: readonly string[],
  lists: readonly string[] = [],
): Arguments {
  const known = new Set([...COMMON_BOOLEANS, ...booleans]);
  const words: string[] = [];
  const plugins: string[] = [];
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--") {
      words.push(...args.slice(i + 1));
      break;
    }
    const match = /^--([^=]+)(?:=([\s\S]*))?$/.exec(SHORT.get(args[i]) ?? args[i]);
    if (!match) {
      words.push(args[i]);
      continue;
    }
    let name = match[1].replaceAll("-", "_");
    let value: string | undefined = match[2];
    if (value === undefined && name.startsWith("no_") && known.has(name.slice(3))) {
      [name, value] = [name.slice(3), "false"];
    } else if (value === undefined) {
      const takesNext = known.has(name) ? isBoolean(args[i + 1]) : isValue(args[i + 1]);
      value = takesNext ? args[++i] : known.has(name) ? "true" : "";
    }
    const earlier = given.get(name);
    if (name === "plugin") plugins.push(value);
    else given.set(name, lists.includes(name) && earlier ? `${earlier},${value}` : value);
  }
  const take = (name: string): string | undefined => {
    const value = given.get(name);
    given.delete(name);
    return value?.toLowerCase() === "false" ? undefined : value;
  };
  const help = take("help");
  return {
    ...(help !== undefined && { help: help === "all" ? "all" : "short" }),
    verbose: take("verbose") !== undefined,
    json: take("json") !== undefined,
    trust: take("trust") !== undefined,
    version: take("version") !== undefined,
    words,
    flags: Object.fromEntries(given),
    plugins,
  };
}

/** Whether a bare boolean takes the argument after it: `--debiased False`. */
function isBoolean(text: string | undefined): boolean {
  return text !== undefined && /^(true|false)$/i.test(text);
}

/** Whether a flag takes the argument after it: a negative number is no flag. */
function isValue(text: string | undefined): boolean {
  return text !== undefined && (!text.startsWith("-") || /^-[\d.]/.test(text));
}

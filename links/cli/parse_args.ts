/**
 * `parseArgs` as in `jsr:@std/cli/parse-args`, as far as this project uses it: string flags by
 * `--name=value` and `--name value`, flags that collect, positionals, and `--` ends the flags.
 *
 * @module
 */

/** The options of {@linkcode parseArgs} that are understood here. */
export interface ParseOptions {
  /** Flags whose value is a text; a bare flag is the empty text. */
  string?: readonly string[];
  /** Flags that may be given more than once. */
  collect?: readonly string[];
}

/** The flags by name, and the positionals under `_`; the real module's flags are `any`. */
export interface Args {
  /** The positionals. */
  _: Array<string | number>;
  [name: string]: unknown;
}

/** Parses a command line. */
export function parseArgs(args: string[], options: ParseOptions = {}): Args {
  const parsed: Args = { _: [] };
  for (const name of options.string ?? []) {
    if (options.collect?.includes(name)) parsed[name] = [];
  }
  const set = (name: string, value: string) => {
    const earlier = parsed[name];
    parsed[name] = Array.isArray(earlier) ? [...earlier, value] : value;
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--") {
      parsed._.push(...args.slice(i + 1));
      break;
    }
    const withValue = /^--([^=]+)=([\s\S]*)$/.exec(arg);
    const bare = /^--([^=]+)$/.exec(arg);
    if (withValue) {
      set(withValue[1], withValue[2]);
    } else if (bare) {
      const next = args[i + 1];
      const takesNext = next !== undefined && !next.startsWith("-");
      set(bare[1], takesNext ? next : "");
      if (takesNext) i++;
    } else {
      parsed._.push(arg);
    }
  }
  return parsed;
}

/**
 * From a command line to a command: two passes, plugins first, then a strict parse against the
 * schemas of what was chosen.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { type Layer, resolveConfig } from "../config.ts";
import { deviceFailure } from "../device/failure.ts";
import { Interrupted, TauplusError, UsageError } from "../errors.ts";
import { didYouMean } from "../names.ts";
import { flagsOf } from "../options.ts";
import { loadRegistry } from "../registry.ts";
import { pluginsOf } from "../trust.ts";
import { progressBar } from "../terminal/progress.ts";
import { colored, printErr } from "../terminal/print.ts";
import { parseCommandLine } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";
import { commandHelp } from "./help.ts";
import { helpText, overviewText } from "./help_text.ts";
import { readLayer } from "./layer.ts";
import { type Output, output } from "./command.ts";
import { interruptible } from "./signals.ts";
import { versions } from "../version.ts";

const ERROR = `${colored("red", "error:")} `;

/** Runs a command line; returns the exit code. Errors are one line each. */
export async function main(args: readonly string[]): Promise<number> {
  const { verbose, json } = parseCommandLine(args, []);
  const out = output(json);
  try {
    requireDeno();
    await dispatch(args, out);
    return 0;
  } catch (thrown) {
    const error = notAllowed(thrown) ?? deviceFailure(thrown) ?? thrown;
    out.failure(error);
    if (error instanceof TauplusError || error instanceof Interrupted) {
      printErr(`${error instanceof TauplusError ? ERROR : ""}${error.message}`);
      if (verbose) printErr(String(error.stack) + causes(error));
      return error.exitCode;
    }
    // Any other exception is a bug of tauplus: its stack shows where.
    printErr(ERROR + (error instanceof Error ? error.message : String(error)));
    printErr(verbose && error instanceof Error ? String(error.stack) : "Run again with --verbose.");
    return 1;
  }
}

async function dispatch(args: readonly string[], out: Output): Promise<void> {
  const [name = "--help", ...rest] = args[0] === "--json" ? args.slice(1) : args;
  if (about(name, out)) return;
  if (!Object.hasOwn(COMMANDS, name)) {
    throw new UsageError({
      act: `run the command ${name}`,
      rule: "there is no such command",
      next: `${didYouMean(name, Object.keys(COMMANDS))}Run --help for all commands.`,
    });
  }
  const { command } = await COMMANDS[name].load();
  const own = flagsOf(command.spec.options);
  const { words, flags, plugins: specifiers, help, trust, version } = parseCommandLine(
    rest,
    own.filter((flag) => flag.boolean).map((flag) => flag.name),
    own.filter((flag) => flag.type === "array").map((flag) => flag.name),
  );
  if (version) {
    out.result(versions(), versionsText);
    return;
  }
  if (words.length > (command.maxWords ?? 0)) {
    throw new UsageError({
      act: `run ${name}`,
      rule: `unexpected argument ${JSON.stringify(words[command.maxWords ?? 0])}`,
      next: command.words
        ? `It takes ${command.words}; options are written --name=value.`
        : "Options are written --name=value.",
    });
  }
  const { config: file, ...texts } = flags;
  const named = command.rewrite?.(texts, words) ?? texts;
  const fileLayer = file === undefined ? [] : [await readLayer(file)];
  const upper: Layer[] = [...fileLayer, { source: "the command line", values: named, text: true }];
  let lower: readonly Layer[] = [];
  let notice: string | undefined;
  try {
    lower = await command.layers?.(Object.assign({}, ...upper.map((layer) => layer.values))) ?? [];
  } catch (error) {
    // Help is wanted most where something is missing.
    if (!help || !(error instanceof TauplusError)) throw error;
    notice = `These are the defaults without a run. ${error.message}`;
  }
  const layers = [...lower, ...upper];
  const { plugins, withheld } = whatToLoad(layers, specifiers, trust);
  const registry = await loadRegistry(plugins, withheld);
  const clean = layers.map(({ values: { plugin: _, ...values }, ...layer }) => ({
    ...layer,
    values,
  }));
  if (help) {
    const below = { layers: clean.slice(0, -1), named, notice };
    const page = await commandHelp(name, COMMANDS[name], command, below, registry);
    out.result(page, (page) => helpText(page, help));
    return;
  }
  const first = await command.first?.(clean, registry) ?? clean;
  const config = await resolveConfig(command.spec, first, registry);
  const bar = await progressBar();
  const result: Output["result"] = (value, text) => {
    bar.end();
    out.result(value, text);
  };
  const { signal, release } = await interruptible({
    end: () => bar.end(),
    trains: command.spec.roles.objective !== undefined,
  });
  try {
    await command.run({
      words,
      config,
      layers: clean,
      plugins,
      registry,
      trust,
      signal,
      bar,
      result,
    });
  } finally {
    bar.end();
    release();
  }
}

/**
 * Only what the user names is loaded: on the command line, in a file that he names there, or by a run
 * that he made here. What somebody else's run names is withheld, and that is said.
 */
function whatToLoad(
  layers: readonly Layer[],
  specifiers: readonly string[],
  trust: boolean,
): { plugins: string[]; withheld: string[] } {
  const named = [...layers.flatMap(({ values }) => pluginsOf(values)), ...specifiers].map(absolute);
  const others = layers.flatMap(({ withheld = [] }) => withheld).map(absolute);
  if (trust) return { plugins: [...new Set([...others, ...named])], withheld: [] };
  const withheld = others.filter((specifier) => !named.includes(specifier));
  if (withheld.length > 0) {
    printErr(
      "plugins  those that the run names are not loaded, as it was not made here with them as they " +
        "are now; --trust loads them",
    );
  }
  return { plugins: [...new Set(named)], withheld };
}

/**
 * The error for what Deno did not allow, however deep among the causes; undefined where it allowed
 * all that was asked for.
 */
export function notAllowed(error: unknown): UsageError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) continue;
    const [, access = "", named = "", flag = "-A"] =
      /^Requires (\w+) access(?: to "?(.*?)"?)?, run again with the (\S+) flag/.exec(
        cause.message,
      ) ??
        [];
    // What is written goes to a name of its own first, beside the one that was meant.
    const what = /\.unfinished$/.test(named) ? dirname(named) : named;
    return new UsageError({
      act: "continue",
      rule: `Deno must allow ${access} access${what && ` to ${what}`}`,
      next:
        `Add ${flag}${what && `=${what}`} between \`deno run\` and \`cli.ts\` in what the task ` +
        "runs; docs/devices.md#permissions has each task's line" +
        (access === "ffi" ? ", and `deno task train:images` and its like have this flag." : "."),
      cause: error,
    });
  }
}

/** A specifier that means the same from any folder. */
function absolute(specifier: string): string {
  return /^[a-z]+:/.test(specifier) ? specifier : resolve(specifier);
}

function causes(error: Error): string {
  let text = "";
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    text += `\nCaused by: ${cause.stack}`;
  }
  return text;
}

const SUMMARY = "tauplus trains image encoders without labels and corrects for false negatives.";

/** Answers `--help` and `--version`; false where `name` is neither. */
function about(name: string, { result }: Output): boolean {
  if (["--help", "-h", "help"].includes(name)) {
    const commands = Object.entries(COMMANDS).map(([name, { summary }]) => ({ name, summary }));
    result(
      { summary: SUMMARY, usage: "deno task <command> [--option=value …]", commands },
      (overview) => overviewText(overview),
    );
    return true;
  }
  if (["--version", "-V"].includes(name)) {
    result(versions(), versionsText);
    return true;
  }
  return false;
}

const versionsText = (found: ReturnType<typeof versions>) =>
  Object.entries(found).map(([what, version]) => `${what} ${version}`).join("\n");

/** Earlier ones lack `statfs` of `node:fs/promises`. Tried: 2.6.8 runs, 2.5.7 does not. */
const OLDEST = [2, 6];

/** Throws a TauplusError where Deno is too old, before that shows as a missing export. */
export function requireDeno(version: string = Deno.version.deno): void {
  const [major, minor] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new TauplusError({
    act: "run tauplus",
    rule: `Deno must be ${OLDEST.join(".")} or newer`,
    got: version,
    next: "Run `deno upgrade`, or use npm's: `npx -y deno task …`.",
  });
}

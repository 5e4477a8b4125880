/**
 * What `--help` says, from the schemas, as data.
 *
 * @module
 */
import { reach, type Section, sectionsOf } from "../config.ts";
import type { Flag } from "../options.ts";
import type { Kind, Plugin } from "../plugin.ts";
import { KINDS, type Registry } from "../registry.ts";
import type { Command } from "./command.ts";

/** An option as it is set on the command line. */
export interface HelpOption extends Pick<Flag, "rule" | "description" | "default" | "choices"> {
  /** As it is written: `--tau_plus`, or `--probe.epochs` where the bare name is another's. */
  readonly flag: string;
  /** The key in the schema: `tauPlus`. */
  readonly name: string;
  /** How a text becomes a value. */
  readonly kind: Flag["type"];
  /** What the value names on the disk. */
  readonly place?: Flag["place"];
}

/** Options that belong together. */
export interface HelpSection {
  /** `Options`, or whose they are. */
  readonly title: string;
  /** The options. */
  readonly options: readonly HelpOption[];
}

/** A choice of plugin. */
export interface HelpPlugin {
  /** As it is written: `--objective`. */
  readonly flag: string;
  /** The plugin whose options are shown, and which is used where none is named. */
  readonly default: string;
  /** All of the kind. */
  readonly choices: readonly string[];
}

/** A flag that every command has, or many have. */
export interface CommonFlag {
  /** As it is written: `--config=FILE`. */
  readonly flag: string;
  /** What it does. */
  readonly description: string;
}

/** The help of one command. */
export interface HelpPage {
  /** The command. */
  readonly name: string;
  /** What it does. */
  readonly summary: string;
  /** How it is called. */
  readonly usage: string;
  /** The plugins that are in use, and which there are. */
  readonly plugins: readonly HelpPlugin[];
  /** The options of the command and of the plugins in use. */
  readonly sections: readonly HelpSection[];
  /** The flags of all commands. */
  readonly common: readonly CommonFlag[];
}

/** Loads plugins of third parties; of commands that use plugins. */
export const PLUGIN_FLAG: CommonFlag = {
  flag: "--plugin=SPECIFIER",
  description: "load a third party's: a path, npm: or jsr:",
};

/** The flags of all commands. */
export const COMMON: readonly CommonFlag[] = [
  {
    flag: "--config=FILE",
    description: "options from a JSON file, under those given here",
  },
  {
    flag: "--help",
    description: "this page; with --objective=NAME and the like, their options",
  },
  {
    flag: "--json",
    description: "the result, or { error }, as one JSON document on standard output; with --help " +
      "the options",
  },
  {
    flag: "--trust",
    description: "load the plugins that a run names which was not made here: they run as you",
  },
  { flag: "--verbose", description: "show the stack of an error" },
];

/** The help of one command, with the options of the plugins in use. */
export function commandHelp(
  name: string,
  summary: string,
  command: Command,
  plugins: Readonly<Partial<Record<Kind, Plugin>>>,
  registry: Registry,
): HelpPage {
  const sections = sectionsOf(command.spec, plugins);
  return {
    name,
    summary,
    usage: `deno task ${name}${command.words ? " " + command.words : ""} [--option=value …]`,
    plugins: KINDS.flatMap((kind) => plugins[kind] ?? []).map(({ kind, name }) => ({
      flag: `--${kind}`,
      default: name,
      choices: registry.names(kind),
    })),
    sections: sections.filter(({ flags }) => flags.length > 0).map((section) => ({
      title: titleOf(section, plugins),
      options: section.flags.map((flag) => optionOf(reach(sections, section, flag), flag)),
    })),
    common: COMMON,
  };
}

function optionOf(name: string, flag: Flag): HelpOption {
  const { key, type, rule, description, choices, place } = flag;
  return {
    flag: `--${name}`,
    name: key,
    kind: type,
    default: flag.default,
    rule,
    description,
    ...(choices && { choices }),
    ...(place && { place }),
  };
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

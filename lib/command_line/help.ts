/**
 * What `--help` says, as data: from the schemas, and from the layers that hold where nothing is given.
 *
 * @module
 */
import { type Layer, type Section, shortestName, type Standing, standing } from "../config.ts";
import type { Flag } from "../options.ts";
import type { Kind } from "../plugin.ts";
import { KINDS, type Registry } from "../registry.ts";
import type { Command } from "./command.ts";
import type { CommandEntry } from "./commands.ts";

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
  /** Whether it is on the first screen. */
  readonly front: boolean;
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
  /** Command lines, and what each does. */
  readonly examples: readonly { readonly line: string; readonly description: string }[];
  /** Where the defaults are from, but for those of the options themselves; lowest first. */
  readonly defaults: readonly string[];
  /** Why the defaults may be others, as where no run could be opened. */
  readonly notice?: string;
  /** The plugins that are in use, and which there are. */
  readonly plugins: readonly HelpPlugin[];
  /** The options of the command and of the plugins in use. */
  readonly sections: readonly HelpSection[];
  /** The flags that it has in common with other commands. */
  readonly common: readonly CommonFlag[];
}

/** Loads plugins of third parties; of commands that use plugins. */
export const PLUGIN_FLAG: CommonFlag = {
  flag: "--plugin=SPECIFIER",
  description: "load a third party's: a path, npm: or jsr:",
};

/** Loads the plugins of runs; of commands that open runs. */
const TRUST_FLAG: CommonFlag = {
  flag: "--trust",
  description: "load the plugins that a run names which was not made here: they run as you",
};

/** The flags that commands have in common. */
const COMMON: readonly CommonFlag[] = [
  {
    flag: "--config=FILE",
    description: "options from a JSON file, under those given here",
  },
  {
    flag: "--help",
    description: "what is changed most; --help=all: all options; with --objective=NAME and the " +
      "like, those of that plugin",
  },
  {
    flag: "--json",
    description: "the result, or { error }, as one JSON document on standard output; with --help " +
      "the options",
  },
  TRUST_FLAG,
  { flag: "--verbose", description: "show the stack of an error" },
  { flag: "--version", description: "the versions of tauplus, Deno and TensorFlow.js" },
];

/** The flags that a command has in common with others. */
export function commonFlags({ opensRuns = false }: Command): readonly CommonFlag[] {
  return COMMON.filter((flag) => opensRuns || flag !== TRUST_FLAG);
}

/** What holds where nothing is given. */
export interface Below {
  /** A preset's, a run's and a file's options, lowest first. */
  readonly layers: readonly Layer[];
  /** What was named on the command line. */
  readonly named: Readonly<Record<string, string>>;
  /** Why there is no lower layer, where there should be one. */
  readonly notice?: string;
}

/** The help of one command, with the options of the plugins in use and the defaults that hold. */
export async function commandHelp(
  name: string,
  { summary, examples }: Pick<CommandEntry, "summary" | "examples">,
  command: Command,
  { layers, named, notice }: Below,
  registry: Registry,
): Promise<HelpPage> {
  const { spec: { roles } } = command;
  const kinds = KINDS.filter((kind) => roles[kind] !== undefined);
  const isNamed = (kind: string) => kind in named;
  // What a command is named after, as the probe of linear, is what it is about.
  const isSubject = (kind: string) => kind in roles && roles[kind as Kind] === name;
  const found = await standing(
    command.spec,
    [...layers, {
      source: "the command line",
      values: Object.fromEntries(kinds.filter(isNamed).map((kind) => [kind, named[kind]])),
      text: true,
    }].map(firstOfLists(kinds)),
    registry,
  );
  const { plugins, sections } = found;
  return {
    name,
    summary,
    usage: `deno task ${name}${command.words ? " " + command.words : ""} [--option=value …]`,
    examples: examples.map(([args, description]) => ({
      line: `deno task ${name}${args && " " + args}`,
      description,
    })),
    defaults: layers.map(({ source }) => source),
    ...(notice !== undefined && { notice }),
    plugins: KINDS.flatMap((kind) => plugins[kind] ?? []).map(({ kind, name }) => ({
      flag: `--${kind}`,
      default: name,
      choices: registry.names(kind),
    })),
    sections: sections.filter(({ flags }) => flags.length > 0).map((section) => ({
      title: titleOf(section, found),
      options: section.flags.map((flag) =>
        optionOf(found, section, flag, isNamed(section.name) || isSubject(section.name))
      ),
    })),
    common: commonFlags(command),
  };
}

/** A sweep's lists of plugins: the help shows the options of the first. */
function firstOfLists(kinds: readonly string[]): (layer: Layer) => Layer {
  return ({ values, ...layer }) => ({
    ...layer,
    values: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        kinds.includes(name) && value !== undefined ? String(value).split(",")[0] : value,
      ]),
    ),
  });
}

/** @param asked whether a person asked for the options of this very plugin. */
function optionOf(
  { sections, values }: Standing,
  section: Section,
  flag: Flag,
  asked: boolean,
): HelpOption {
  const { key, type, rule, description, choices, place, facts } = flag;
  return {
    flag: `--${shortestName(sections, section, flag)}`,
    name: key,
    kind: type,
    default: values.get(section.name)?.[key] ?? flag.default,
    rule,
    description,
    ...(choices && { choices }),
    ...(place && { place }),
    front: asked || facts.front || facts.overview,
  };
}

function titleOf({ name }: Section, { plugins }: Standing): string {
  if (name === "") return "Options";
  const plugin = Object.values(plugins).find(({ kind }) => kind === name);
  const title = name[0].toUpperCase() + name.slice(1);
  return plugin ? `${title} ${plugin.name}` : title;
}

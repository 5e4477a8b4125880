/**
 * All that a shell can complete, from the schemas.
 *
 * @module
 */
import type { Command } from "../command_line/command.ts";
import type { CommandEntry } from "../command_line/commands.ts";
import { type CommonFlag, commonFlags, PLUGIN_FLAG } from "../command_line/help.ts";
import { type Section, sectionsOf, shortestName } from "../config.ts";
import type { Flag, Place } from "../options.ts";
import type { Kind, Plugin } from "../plugin.ts";
import { KINDS, type Registry } from "../registry.ts";
import { truncated } from "../terminal/text.ts";

/** A flag, and what may follow it. */
export interface CompletionOption {
  /** As it is written: `--tau_plus`. */
  readonly flag: string;
  /** A few words. */
  readonly description: string;
  /** The values there are; none where it takes any text or number. */
  readonly values: readonly string[];
  /** What its value names on the disk. */
  readonly place?: Place;
  /** Whether it may stand alone: its value must then be joined to it by `=`. */
  readonly bare: boolean;
}

export interface CompletionCommand {
  readonly name: string;
  readonly summary: string;
  /** What its first word can be. */
  readonly verbs: readonly string[];
  /** What its second word can be. */
  readonly names: readonly string[];
  /** Its flags, with those of every plugin that there is for it. */
  readonly options: readonly CompletionOption[];
}

export type CompletionModel = readonly CompletionCommand[];

/** For bash and zsh: whether `deno task` in this folder runs tasks of tauplus. */
export const IN_PROJECT = `\
# Whether deno task runs tasks of tauplus here: the nearest deno.json decides.
_tauplus_here() {
  local folder=$PWD
  until [[ -f $folder/deno.json ]]; do
    [[ -n $folder ]] || return 1
    folder=\${folder%/*}
  done
  command grep -q '"name": *"@tauplus/tauplus"' "$folder/deno.json"
}`;

/** Columns of a description. */
const WIDTH = 72;

/** Loads all commands and plugins, and asks their schemas. */
export async function completionModel(
  commands: Readonly<Record<string, CommandEntry>>,
  registry: Registry,
): Promise<CompletionModel> {
  return await Promise.all(
    Object.entries(commands).map(async ([name, { summary, load }]) => {
      const { command } = await load();
      return {
        name,
        summary,
        verbs: command.words?.match(/\b[a-z]+\b/g) ?? [],
        names: command.names?.(registry) ?? [],
        options: await optionsOf(command, registry),
      };
    }),
  );
}

async function optionsOf(command: Command, registry: Registry): Promise<CompletionOption[]> {
  const { roles } = command.spec;
  const kinds = KINDS.filter((kind) => roles[kind] !== undefined);
  const standard: Partial<Record<Kind, Plugin>> = {};
  for (const kind of kinds) standard[kind] = await registry.get(kind, roles[kind]!);
  const found: CompletionOption[] = kinds.map((kind) => ({
    flag: `--${kind}`,
    description: `the ${kind}`,
    values: registry.names(kind),
    bare: false,
  }));
  if (kinds.length > 0) found.push(commonOption(PLUGIN_FLAG));
  // The command's own, then those of each plugin, where the others are the standard ones.
  const own = sectionsOf(command.spec, standard);
  for (const section of own) {
    if (!kinds.some((kind) => kind === section.name)) found.push(...ofSection(own, section, ""));
  }
  for (const kind of kinds) {
    for (const name of registry.names(kind)) {
      const plugins = { ...standard, [kind]: await registry.get(kind, name) };
      const sections = sectionsOf(command.spec, plugins);
      const section = sections.find((section) => section.name === kind)!;
      found.push(...ofSection(sections, section, name));
    }
  }
  return merged([...found, ...commonFlags(command).map(commonOption)]);
}

function ofSection(
  sections: readonly Section[],
  section: Section,
  plugin: string,
): CompletionOption[] {
  const of = plugin ? `${plugin}: ` : "";
  return section.flags.map((flag) => ({
    flag: `--${shortestName(sections, section, flag)}`,
    description: truncated(of + flag.description, WIDTH),
    values: valuesOf(flag),
    ...(flag.place && { place: flag.place }),
    bare: flag.boolean,
  }));
}

function valuesOf({ boolean, choices }: Flag): readonly string[] {
  return boolean ? ["true", "false"] : choices ?? [];
}

/** `--config=FILE` takes a file; `--json` stands alone. */
function commonOption({ flag: written, description }: CommonFlag): CompletionOption {
  const [flag, value] = written.split("=");
  const file = value !== undefined;
  return {
    flag,
    description: truncated(description, WIDTH),
    values: [],
    ...(file && { place: "file-path" as const }),
    bare: !file,
  };
}

/** One of each flag; what several plugins have is described by the first. */
function merged(options: readonly CompletionOption[]): CompletionOption[] {
  const byFlag = new Map<string, CompletionOption>();
  for (const option of options) {
    const earlier = byFlag.get(option.flag);
    const values = [...new Set([...earlier?.values ?? [], ...option.values])];
    byFlag.set(option.flag, { ...(earlier ?? option), values });
  }
  return [...byFlag.values()];
}

/**
 * From lists of values to the arms of a sweep.
 *
 * @module
 */
import {
  type ConfigSpec,
  type Layer,
  owner,
  owners,
  type Section,
  sectionsOf,
  unknownOption,
} from "../config.ts";
import { type Facts, ROLE_FACTS } from "../facts.ts";
import { type Flag, flagsOf, parseText, showValue } from "../options.ts";
import type { Kind, Plugin } from "../plugin.ts";
import { KINDS, type Registry } from "../registry.ts";
import { own } from "../names.ts";
import type { z } from "zod";
import { trainCommandOptions as ofRun } from "../commands/train.ts";

/** One configuration of a training but for the seed. */
export interface Arm {
  /** The objective and what was chosen for it: `debiased tau_plus=0.1`. */
  readonly treatment: string;
  /** What was chosen elsewhere, as `batch_size=64`; empty where nothing else varies. */
  readonly setting: string;
  /** Treatment and setting together, as the table names the arm. */
  readonly label: string;
  /** The layers of options that resolve to its configuration. */
  readonly layers: readonly Layer[];
}

/** The arms, and what is about the sweep itself. */
export interface Arms {
  /** The options of the sweep. */
  readonly own: readonly Layer[];
  /** At least one. */
  readonly arms: readonly Arm[];
  /** The names of their datasets. */
  readonly datasets: readonly string[];
}

type Plugins = Readonly<Partial<Record<Kind, Plugin>>>;

/** The plugins of some arms. */
interface Combination {
  readonly plugins: Plugins;
  readonly sections: readonly Section[];
}

/** The values of one option. */
interface Choice {
  /** The name with its section: `objective.tau_plus`. */
  readonly name: string;
  /** The name for a person; undefined where all arms have the one value. */
  readonly shown?: string;
  readonly values: readonly unknown[];
}

/**
 * The arms of a sweep: the Cartesian product of all options that list several values. On the command
 * line a list is separated by commas; in files it is an array, or an array of arrays for an option
 * whose value is itself an array. An option that a plugin does not have is not varied for it.
 *
 * Throws UsageError where there is no such plugin, and at an option that none of them has.
 */
export async function expandArms<S extends z.ZodObject>(
  spec: ConfigSpec<S>,
  layers: readonly Layer[],
  registry: Registry,
): Promise<Arms> {
  const those = (layer: Layer, keep: (name: string) => boolean): Layer => ({
    ...layer,
    values: Object.fromEntries(Object.entries(layer.values).filter(([name]) => keep(name))),
  });
  // A file may be the configuration of a run, with what the sweep itself gives to each.
  const isGiven = names(ofRun, ({ of, sweep }) => of !== "call" && sweep === "absent");
  const isOwn = names(spec.options, ({ sweep }) => sweep === "own");
  const mine = layers.map((layer) => layer.text ? layer : those(layer, (name) => !isGiven(name)));
  const own = mine.map((layer) => those(layer, isOwn));
  const rest = mine.map((layer) => those(layer, (name) => !isOwn(name)));
  const combinations = await combine(spec, rest, registry);
  const arms = combinations.flatMap((combination) => armsOf(combination, combinations, rest));
  const datasets = combinations.flatMap(({ plugins }) => plugins.dataset?.name ?? []);
  return { own, arms, datasets: [...new Set(datasets)] };
}

/** Whether a name is that of an option of which `keep` holds. */
function names(schema: z.ZodObject, keep: (facts: Facts) => boolean): (name: string) => boolean {
  const kept = new Set(flagsOf(schema).flatMap(({ name, facts }) => keep(facts) ? [name] : []));
  return (name) => kept.has(name);
}

/** Each plugin of each role with each of the others. */
async function combine<S extends z.ZodObject>(
  spec: ConfigSpec<S>,
  layers: readonly Layer[],
  registry: Registry,
): Promise<Combination[]> {
  let all: Plugins[] = [{}];
  for (const kind of KINDS) {
    const standard = spec.roles[kind];
    if (standard === undefined) continue;
    const names = layers.map(({ values }) => values[kind]).findLast((name) => name !== undefined);
    const plugins: Plugin[] = [];
    for (const name of namesOf(kind, names ?? standard)) {
      plugins.push(await registry.get<Kind>(kind, name));
    }
    all = all.flatMap((some) => plugins.map((plugin) => ({ ...some, [kind]: plugin })));
  }
  return all.map((plugins) => ({ plugins, sections: sectionsOf(spec, plugins) }));
}

/** The arms of one combination of plugins. */
function armsOf(
  combination: Combination,
  all: readonly Combination[],
  layers: readonly Layer[],
): Arm[] {
  const { plugins, sections } = combination;
  const choices = new Map<string, Choice>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) {
      if (value === undefined || Object.hasOwn(plugins, name) || isVoid(layer, name, plugins)) {
        continue;
      }
      const found = owner(sections, name);
      if (found) {
        const choice = choose(
          found,
          valuesOf(found.flag, value, layer.text),
          all,
          layer.text ? name : undefined,
        );
        choices.set(choice.name, choice);
      } else if (owners(sections, name).length > 1) {
        throw unknownOption(sections, name, layer, Object.keys(plugins));
      } else if (all.every((other) => owners(other.sections, name).length === 0)) {
        const known = all.flatMap(({ sections }) => sections);
        throw unknownOption(known, name, layer, Object.keys(plugins));
      }
    }
  }
  const roles = Object.fromEntries(
    Object.entries(plugins).map(([kind, plugin]) => [kind, plugin.name]),
  );
  return product([...choices.values()]).map((values) => {
    const shown = (objective: boolean) =>
      values.filter(({ choice: { name, shown } }) =>
        shown !== undefined && name.startsWith("objective.") === objective
      ).map(({ choice, value }) => `${choice.shown}=${showValue(value)}`);
    const treatment = [roles.objective, ...shown(true)].join(" ");
    const others = ["dataset", "encoder"].filter((kind) =>
      all.some((other) => other.plugins[kind as Kind]?.name !== roles[kind])
    ).map((kind) => `${kind}=${roles[kind]}`);
    const setting = [...others, ...shown(false)].join(" ");
    const options = values.map(({ choice: { name }, value }) => [name, value]);
    const layer: Layer = {
      source: "the sweep",
      values: { ...roles, ...Object.fromEntries(options) },
      text: false,
    };
    return {
      treatment,
      setting,
      label: setting ? `${treatment} ${setting}` : treatment,
      layers: [layer],
    };
  });
}

/** Whether an option of a layer is for a plugin that a higher layer has replaced. */
function isVoid({ values }: Layer, name: string, plugins: Plugins): boolean {
  const role = name.split(".")[0] as Kind;
  const chosen = own(plugins, role)?.name;
  return chosen !== undefined && values[role] !== undefined &&
    !namesOf(role, values[role]).includes(chosen);
}

function namesOf(role: Kind, value: unknown): string[] {
  const names = Array.isArray(value) ? value.map(String) : [String(value)];
  if (ROLE_FACTS[role].sweep !== "vary") return names;
  return [...new Set(names.flatMap((name) => name.split(",")).map((name) => name.trim()))];
}

/** The values that are listed for one option. */
function valuesOf(flag: Flag, value: unknown, text: boolean): unknown[] {
  // Paths and free texts may have commas of their own.
  const fixed = flag.facts.sweep !== "vary" || flag.type === "path" ||
    flag.type === "string" && flag.rule === "a text";
  const array = flag.type === "array";
  const list = text && !fixed && !array
    ? String(value).split(",").map((part) => parseText(flag, part.trim()))
    : text
    ? [parseText(flag, String(value))]
    : !fixed && Array.isArray(value) && value.length > 0 && (!array || value.every(Array.isArray))
    ? value
    : [value];
  const texts = list.map((item) => JSON.stringify(item));
  return list.filter((_, i) => texts.indexOf(texts[i]) === i);
}

/**
 * It is shown where arms differ by it: by their values of it, or, of what was `asked` for on the
 * command line by that name, in that some do not have it.
 */
function choose(
  { section, flag }: { section: Section; flag: Flag },
  values: readonly unknown[],
  all: readonly Combination[],
  asked?: string,
): Choice {
  const name = section.name ? `${section.name}.${flag.name}` : flag.name;
  const differs = values.length > 1 ||
    asked !== undefined && all.some(({ sections }) => !owner(sections, asked));
  const bare = all.every(({ sections }) =>
    [undefined, section.name].includes(owner(sections, flag.name)?.section.name)
  );
  return { name, values, ...(differs && { shown: bare ? flag.name : name }) };
}

/** Each value of each choice with each of the others, the first choice the slowest. */
function product(choices: readonly Choice[]): { choice: Choice; value: unknown }[][] {
  return choices.reduce<{ choice: Choice; value: unknown }[][]>(
    (all, choice) =>
      all.flatMap((some) => choice.values.map((value) => [...some, { choice, value }])),
    [[]],
  );
}

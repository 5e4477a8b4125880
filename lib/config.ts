/**
 * One configuration from layers: defaults ← preset ← file ← flags. All layers speak the language of
 * the command line, a flat map such as `{ "objective": "debiased", "objective.tau_plus": 0.1 }`, so
 * the resolved one, saved with a run, can be given back with `--config`.
 *
 * @module
 */
import type { z } from "zod";
import { UsageError } from "./errors.ts";
import { type Facts, ROLE_FACTS, UNKNOWN, UNSTATED } from "./facts.ts";
import { didYouMean, own } from "./names.ts";
import { checkOptions, type Flag, flagsOf, parseText } from "./options.ts";
import type { Kind, Plugin } from "./plugin.ts";
import { KINDS, type Registry } from "./registry.ts";

/** Options by name, from one place. */
export interface Layer {
  /** Where they are from, for messages: `presets/quickstart.json`. */
  readonly source: string;
  /** Values by flag name, with or without the role: `tau_plus`, `objective.tau_plus`. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Whether the values are texts, to be parsed; else they are JSON. */
  readonly text: boolean;
  /** Specifiers of plugins that the place names, but which may not be loaded because it does. */
  readonly withheld?: readonly string[];
  /** The folder of the run that it is the configuration of. */
  readonly run?: string;
  /** Whether nobody named it: what it says may be lowered to fit the data, as a default may. */
  readonly implied?: true;
}

/** Groups of options that are no plugin, such as the views, by name. */
export type Groups = Readonly<Record<string, z.ZodObject>>;

/** What can be set in a command: its own options, roles for plugins, and shared groups of options. */
export interface ConfigSpec<S extends z.ZodObject, G extends Groups = Groups> {
  /** The command's own options. */
  readonly options: S;
  /** Which kinds of plugin it uses, and which of each where none is named. */
  readonly roles: Partial<Record<Kind, string>>;
  readonly groups?: G;
}

/** A plugin with its checked options. */
export interface Chosen<K extends Kind> {
  readonly plugin: Plugin<K>;
  /** Its options, checked and with their defaults. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What was chosen for each role. */
export type Roles = { readonly [K in Kind]?: Chosen<K> };

/** The plugin of a role that the command's spec asks for, so that it is there. */
export function chosen<K extends Kind>(roles: Roles, kind: K): Chosen<K> {
  const role: Chosen<K> | undefined = roles[kind];
  if (role === undefined) throw new TypeError(`The command has no ${kind}`);
  return role;
}

/** A resolved configuration. */
export interface Config<S extends z.ZodObject, G extends Groups = Groups> {
  /** The command's own options. */
  readonly options: z.output<S>;
  readonly roles: Roles;
  readonly groups: { readonly [N in keyof G]: z.output<G[N]> };
  /** All of it as a flat map that resolves to the same again. */
  readonly flat: Readonly<Record<string, unknown>>;
  /** The facts of an option by its name in `flat`, whether or not it has a value. */
  readonly factsOf: (name: string) => Facts;
  /** Whether a person gave the option, by its name in `flat`. */
  readonly isGiven: (name: string) => boolean;
  /** The same but for some values, by their names in `flat`. */
  readonly changed: (values: Readonly<Record<string, unknown>>) => Config<S, G>;
}

/** A group of options under one name: the command's own (""), a role's, or a shared group. */
export interface Section {
  /** `""`, `objective`, `views`, … */
  readonly name: string;
  readonly schema: z.ZodObject;
  readonly flags: readonly Flag[];
}

/** Resolves the layers, lowest first. Throws UsageError naming the first option that is wrong. */
export async function resolveConfig<S extends z.ZodObject, G extends Groups>(
  spec: ConfigSpec<S, G>,
  layers: readonly Layer[],
  registry: Registry,
): Promise<Config<S, G>> {
  const { plugins, sections, values, given } = await standing(spec, layers, registry);
  const check = (section: Section) =>
    checkOptions(
      section.schema,
      values.get(section.name)!,
      (flag) => `--${shortestName(sections, section, flag)}`,
    );
  const checked = new Map(sections.map((section) => [section.name, check(section)]));
  const config = (checked: ReadonlyMap<string, Record<string, unknown>>): Config<S, G> => {
    const roles = Object.fromEntries(
      Object.entries(plugins).map(([kind, plugin]) => [kind, {
        plugin,
        options: checked.get(kind)!,
      }]),
    ) as Roles;
    const flat: Record<string, unknown> = {};
    for (const [kind, plugin] of Object.entries(plugins)) flat[kind] = plugin.name;
    for (const section of sections) {
      Object.assign(flat, flatOptions(section, checked.get(section.name)!));
    }
    return {
      options: checked.get("")! as z.output<S>,
      roles,
      groups: Object.fromEntries(
        Object.keys(spec.groups ?? {}).map((name) => [name, checked.get(name)!]),
      ) as Config<S, G>["groups"],
      flat,
      factsOf: factsIn(sections),
      isGiven: (name) => given.has(name),
      changed: (others) =>
        config(
          new Map(sections.map((section) => {
            const own = section.flags.filter((flag) =>
              Object.hasOwn(others, fullName(section, flag))
            )
              .map((flag) => [flag.key, others[fullName(section, flag)]]);
            return [section.name, { ...checked.get(section.name), ...Object.fromEntries(own) }];
          })),
        ),
    };
  };
  return config(checked);
}

/** What layers say, before it is checked. */
export interface Standing {
  /** The plugin of each role. */
  readonly plugins: Readonly<Partial<Record<Kind, Plugin>>>;
  /** The sections of the command with these plugins. */
  readonly sections: readonly Section[];
  /** By the name of a section, the values that the layers name, by key. */
  readonly values: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** The full names of the options that a person gave, not only a preset or a run. */
  readonly given: ReadonlySet<string>;
}

/** What the layers say, lowest first. Throws UsageError where they name what there is not. */
export async function standing(
  spec: ConfigSpec<z.ZodObject>,
  layers: readonly Layer[],
  registry: Registry,
): Promise<Standing> {
  const plugins = await choosePlugins(spec, layers, registry);
  const sections = sectionsOf(spec, plugins);
  return { plugins, sections, ...collect(sections, layers, plugins) };
}

/** The name of an option in a flat configuration: `epochs`, `objective.tau_plus`. */
export function fullName({ name }: Section, flag: Flag): string {
  return name ? `${name}.${flag.name}` : flag.name;
}

/** The facts of the options of some sections, and of the roles, by the name in a configuration. */
export function factsIn(sections: readonly Section[]): (name: string) => Facts {
  const known = new Map<string, Facts>(Object.entries(ROLE_FACTS));
  for (const section of sections) {
    for (const flag of section.flags) known.set(fullName(section, flag), flag.facts);
  }
  return (name) => known.get(name) ?? UNKNOWN;
}

/** What is saved of a configuration with a run: all but what is of one call alone. */
export function savedValues(
  { flat, factsOf }: Pick<Config<z.ZodObject>, "flat" | "factsOf">,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flat).filter(([name]) => factsOf(name).of !== "call"));
}

/** Of some values those that a resumed run may not change. */
export function fixedValues(
  values: Readonly<Record<string, unknown>>,
  factsOf: (name: string) => Facts,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => factsOf(name).resume === "fixed"),
  );
}

/**
 * The first option in which a run that is resumed with `now` would be another than the one that was
 * begun with `begun`; undefined where it would be the same.
 */
export function changedOption(
  begun: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  factsOf: (name: string) => Facts,
): string | undefined {
  return Object.entries(fixedValues(now, factsOf)).find(([name, value]) =>
    JSON.stringify(value) !== JSON.stringify(begun[name])
  )?.[0];
}

/**
 * Of a run's configuration, what a command takes from the run: what is of the run, and not of the
 * command that trained it, as far as the command has such options.
 */
export function valuesOfRun<S extends z.ZodObject>(
  spec: ConfigSpec<S>,
  config: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const sections = sectionsOf(spec, {});
  const isOfRun = (name: string) => {
    const [role] = name.split(".");
    if (Object.hasOwn(ROLE_FACTS, role)) {
      return role in spec.roles && ROLE_FACTS[role as Kind].of === "run";
    }
    return sections.some((section) =>
      section.flags.some((flag) => fullName(section, flag) === name && flag.facts.of === "run")
    );
  };
  return Object.fromEntries(Object.entries(config).filter(([name]) => isOfRun(name)));
}

/** Checked options by flag, with the section's name before them where it has one. */
export function flatOptions(
  section: Section,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    section.flags.filter(({ key }) => values[key] !== undefined)
      .map((flag) => [fullName(section, flag), values[flag.key]]),
  );
}

/** The sections of a command with these plugins, in the order in which they claim a bare flag. */
export function sectionsOf<S extends z.ZodObject>(
  spec: ConfigSpec<S>,
  plugins: Readonly<Partial<Record<Kind, Plugin>>>,
): Section[] {
  const section = (name: string, schema: z.ZodObject, unstated?: Facts): Section => ({
    name,
    schema,
    flags: flagsOf(schema, unstated),
  });
  return [
    section("", spec.options),
    ...KINDS.flatMap((kind) =>
      plugins[kind] ? [section(kind, plugins[kind].options, UNSTATED[kind])] : []
    ),
    ...Object.entries(spec.groups ?? {}).map(([name, schema]) => section(name, schema)),
  ];
}

/** The shortest name that reaches a flag: bare, or with its section where another claims it. */
export function shortestName(sections: readonly Section[], section: Section, flag: Flag): string {
  return owner(sections, flag.name)?.section === section
    ? flag.name
    : `${section.name}.${flag.name}`;
}

/** The plugin of each role: the highest layer that names one decides. */
async function choosePlugins(
  spec: ConfigSpec<z.ZodObject>,
  layers: readonly Layer[],
  registry: Registry,
): Promise<Partial<Record<Kind, Plugin>>> {
  const plugins: Partial<Record<Kind, Plugin>> = {};
  for (const kind of KINDS) {
    const standard = spec.roles[kind];
    if (standard === undefined) continue;
    const name = layers.map((layer) => layer.values[kind]).findLast((name) => name !== undefined);
    plugins[kind] = await registry.get(kind, String(name ?? standard));
  }
  return plugins;
}

/** The raw values of each section, the highest layer winning, and the full names of those given. */
function collect(
  sections: readonly Section[],
  layers: readonly Layer[],
  plugins: Readonly<Partial<Record<Kind, Plugin>>>,
): { values: Map<string, Record<string, unknown>>; given: Set<string> } {
  const values = new Map<string, Record<string, unknown>>(
    sections.map((section) => [section.name, {}]),
  );
  const given = new Set<string>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) {
      if (Object.hasOwn(plugins, name) || value === undefined) continue;
      // A preset's options for a plugin that a higher layer has replaced are void.
      const role = name.split(".")[0];
      const chosen = own(plugins, role)?.name;
      if (
        chosen !== undefined && layer.values[role] !== undefined && layer.values[role] !== chosen
      ) {
        continue;
      }
      const found = owner(sections, name);
      if (!found) throw unknownOption(sections, name, layer, Object.keys(plugins));
      const { section, flag } = found;
      values.get(section.name)![flag.key] = layer.text ? parseText(flag, String(value)) : value;
      if (!layer.implied) given.add(fullName(section, flag));
    }
  }
  return { values, given };
}

/** An option, and whose it is. */
export interface Owned {
  readonly section: Section;
  readonly flag: Flag;
}

/**
 * The options that a name may mean. A bare name that is one of the command's own means that one; of
 * plugins and groups, every one that has it.
 */
export function owners(sections: readonly Section[], name: string): Owned[] {
  const [role, ...rest] = name.split(".");
  const bare = rest.length > 0 ? rest.join(".") : role;
  const found = sections.flatMap((section): Owned[] => {
    if (rest.length > 0 && section.name !== role) return [];
    const flag = section.flags.find((flag) => flag.name === bare);
    return flag ? [{ section, flag }] : [];
  });
  return found[0]?.section.name === "" ? found.slice(0, 1) : found;
}

/** The one option that a name means, bare or with its section; undefined where it is none or several. */
export function owner(sections: readonly Section[], name: string): Owned | undefined {
  const found = owners(sections, name);
  return found.length === 1 ? found[0] : undefined;
}

/** The error that a name means no option, with the nearest, or that it means several. */
export function unknownOption(
  sections: readonly Section[],
  name: string,
  layer: Layer,
  roles: readonly string[],
): UsageError {
  const names = [
    ...roles,
    ...sections.flatMap((section) =>
      section.flags.map((flag) => shortestName(sections, section, flag))
    ),
  ];
  const [dash, place] = layer.text ? ["--", ""] : ["", ` of ${layer.source}`];
  const meant = owners(sections, name).map(({ section, flag }) => dash + fullName(section, flag));
  if (meant.length > 1) {
    return new UsageError({
      act: `understand ${dash}${name}${place}`,
      rule: `it could be ${meant.join(" or ")}`,
      next: "Write the one that you mean in full.",
    });
  }
  return new UsageError({
    act: `understand ${dash}${name}${place}`,
    rule: "there is no such option here",
    next: didYouMean(name, names, (near) => dash + near) + "--help=all shows all options.",
  });
}

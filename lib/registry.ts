/**
 * Plugins by name: the built-in ones, and third parties' by specifier.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "./errors.ts";
import { didYouMean } from "./names.ts";
import { API_VERSION, type Kind, type Plugin } from "./plugin.ts";

/** The four kinds, in the order of the data. */
export const KINDS: readonly Kind[] = ["dataset", "encoder", "objective", "probe"];

type Loader<K extends Kind> = () => Promise<{ default: Plugin<K> }>;

// Written out so that a bundler, and `deno publish`, see every module.
const BUILT_IN: { readonly [K in Kind]: Readonly<Record<string, Loader<K>>> } = {
  dataset: {
    "fashion-mini": () => import("../plugins/datasets/fashion-mini.ts"),
    "fashion-mnist": () => import("../plugins/datasets/fashion-mnist.ts"),
    "cifar10": () => import("../plugins/datasets/cifar10.ts"),
    "cifar100": () => import("../plugins/datasets/cifar100.ts"),
    "stl10": () => import("../plugins/datasets/stl10.ts"),
    "folder": () => import("../plugins/datasets/folder.ts"),
    "synthetic": () => import("../plugins/datasets/synthetic.ts"),
  },
  encoder: {
    "conv": () => import("../plugins/encoders/conv.ts"),
    "resnet18": () => import("../plugins/encoders/resnet18.ts"),
    "resnet34": () => import("../plugins/encoders/resnet34.ts"),
    "resnet50": () => import("../plugins/encoders/resnet50.ts"),
  },
  objective: {
    "biased": () => import("../plugins/objectives/biased.ts"),
    "debiased": () => import("../plugins/objectives/debiased.ts"),
    "hard": () => import("../plugins/objectives/hard.ts"),
    "oracle": () => import("../plugins/objectives/oracle.ts"),
    "decoupled": () => import("../plugins/objectives/decoupled.ts"),
    "supcon": () => import("../plugins/objectives/supcon.ts"),
    "barlow-twins": () => import("../plugins/objectives/barlow-twins.ts"),
    "vicreg": () => import("../plugins/objectives/vicreg.ts"),
  },
  probe: {
    "linear": () => import("../plugins/probes/linear.ts"),
    "knn": () => import("../plugins/probes/knn.ts"),
  },
};

/** The plugins one command can use. */
export interface Registry {
  /** The names of a kind, built-in ones first. */
  names(kind: Kind): string[];
  /** The plugin of a name. Throws UsageError naming the nearest where there is none. */
  get<K extends Kind>(kind: K, name: string): Promise<Plugin<K>>;
}

/**
 * Loads third parties' plugins beside the built-in ones.
 *
 * @param specifiers paths (relative to the working folder), URLs, `npm:` or `jsr:` specifiers.
 * @param withheld specifiers that a run names and that are not loaded; they are only named where a
 * plugin is asked for that none of the others has.
 * @throws UsageError naming the specifier of a plugin that cannot be loaded or used.
 */
export async function loadRegistry(
  specifiers: readonly string[] = [],
  withheld: readonly string[] = [],
): Promise<Registry> {
  const others: Plugin[] = [];
  for (const specifier of specifiers) {
    const plugin = await loadPlugin(specifier);
    const taken = Object.hasOwn(BUILT_IN[plugin.kind], plugin.name) ||
      others.some((other) => other.kind === plugin.kind && other.name === plugin.name);
    if (taken) {
      throw unusable(specifier, `the ${plugin.kind} name ${plugin.name} is already taken`);
    }
    others.push(plugin);
  }
  const names = (kind: Kind): string[] => [
    ...Object.keys(BUILT_IN[kind]),
    ...others.filter((plugin) => plugin.kind === kind).map((plugin) => plugin.name),
  ];
  return {
    names,
    async get<K extends Kind>(kind: K, name: string): Promise<Plugin<K>> {
      if (Object.hasOwn(BUILT_IN[kind], name)) return (await BUILT_IN[kind][name]()).default;
      const found = others.find((plugin): plugin is Plugin<K> =>
        plugin.kind === kind && plugin.name === name
      );
      if (found) return found;
      const other = KINDS.find((kind) => names(kind).includes(name));
      if (!other && withheld.length > 0) throw notLoaded(kind, name, withheld);
      throw new UsageError({
        act: `use the ${kind} ${name}`,
        rule: other ? `that plugin is of the kind ${other}` : "there is no such plugin",
        next: other
          ? `Write --${other}=${name}.`
          : `${didYouMean(name, names(kind))}The choices are ${names(kind).join(", ")}; ` +
            "--plugin=SPECIFIER loads another.",
      });
    },
  };
}

/**
 * Loads one plugin, whatever its name.
 *
 * @throws UsageError naming the specifier where it cannot be loaded or used.
 */
export async function loadPlugin(specifier: string): Promise<Plugin> {
  const plugin = checkPlugin(await importPlugin(specifier), specifier);
  specifiers.set(plugin, /^[a-z]+:/.test(specifier) ? specifier : resolve(specifier));
  return plugin;
}

const specifiers = new WeakMap<Plugin, string>();

/** The specifier that a plugin was loaded by, a path made absolute; undefined where it was not. */
export function specifierOf(plugin: Plugin): string | undefined {
  return specifiers.get(plugin);
}

async function importPlugin(specifier: string): Promise<unknown> {
  const isUrl = /^(npm|jsr|https?|file|data):/.test(specifier);
  const url = isUrl ? specifier : pathToFileURL(resolve(specifier)).href;
  try {
    return (await import(url) as { default?: unknown }).default;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw unusable(specifier, reason.replace(/\.$/, ""), cause);
  }
}

/** The interface as data: a plugin may come with a second copy of this module or of zod. */
function checkPlugin(value: unknown, specifier: string): Plugin {
  const rule = (() => {
    if (typeof value !== "object" || value === null) return "it must have a default export";
    const { kind, apiVersion, name, summary, options, create } = value as Partial<Plugin>;
    if (kind === undefined || !KINDS.includes(kind)) {
      return `its kind must be one of ${KINDS.join(", ")}, got ${String(kind)}`;
    }
    if (apiVersion !== API_VERSION) {
      return `its apiVersion must be ${API_VERSION}, got ${String(apiVersion)}`;
    }
    if (typeof name !== "string" || !/^[a-z][a-z0-9-]*$/.test(name)) {
      return `its name must be lower-case words joined by -, got ${String(name)}`;
    }
    if (typeof summary !== "string") return "its summary must be a line of text";
    if (typeof options?.safeParse !== "function" || typeof options.shape !== "object") {
      return "its options must be a zod 4 object";
    }
    if (typeof create !== "function") return "its create must be a function";
  })();
  if (rule !== undefined) throw unusable(specifier, rule);
  return value as Plugin;
}

function notLoaded(kind: Kind, name: string, withheld: readonly string[]): UsageError {
  const short = (text: string) => text.length > 60 ? text.slice(0, 60) + "…" : text;
  return new UsageError({
    act: `use the ${kind} ${name}`,
    rule:
      "the run names plugins that were not loaded, because a plugin runs code and the run was " +
      "not made here with these plugins as they are now",
    got: withheld.map(short).join(", "),
    next: "Look at what they are. To load them all, give --trust (in the library `trust: true`); " +
      "to load one, name it: --plugin=SPECIFIER.",
  });
}

function unusable(specifier: string, rule: string, cause?: unknown): UsageError {
  return new UsageError({
    act: `use the plugin ${specifier}`,
    rule,
    next: "`deno task plugins new` writes one that works; docs/plugins.md is the guide.",
    cause,
  });
}

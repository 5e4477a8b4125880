/**
 * Opening a run: what its folder says, and which of its plugins may be loaded. Reading a run never
 * runs what is in it.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { z } from "zod";
import {
  type Config,
  type ConfigSpec,
  type Groups,
  type Layer,
  resolveConfig,
  valuesOfRun,
} from "./config.ts";
import { normalizationOptions } from "./data/normalization.ts";
import { DataError } from "./errors.ts";
import { loadRegistry } from "./registry.ts";
import { readConfig } from "./run/run_folder.ts";
import { isTrusted, pluginsOf } from "./trust.ts";
import { viewOptions } from "./views/options.ts";

/** What a run's folder says. */
export interface OpenRun {
  readonly name: string;
  /** The folder, as it was given. */
  readonly path: string;
  /** Options by flag name, as `objective.tau_plus`. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * The same as a layer of a configuration: `plugin` has the plugins that may be loaded, which are
   * all where the run was made here and none where it was not; the others are withheld.
   */
  readonly layer: Layer;
}

/** The options that are no plugin's, and that an encoder and its data depend on. */
export const runGroups = { views: viewOptions, normalization: normalizationOptions } as const;

const options = z.record(z.string(), z.unknown());

/**
 * Opens a run for reading. Throws a DataError where the folder is no run.
 *
 * @param path the run's folder
 */
export async function openRun(path: string): Promise<OpenRun> {
  const { success, data: config } = options.safeParse(await readConfig(path));
  if (!success) {
    throw new DataError({
      act: `read the run ${path}`,
      rule: "config.json must be an object of options",
      next: "Name a folder that train made, or repair the file.",
    });
  }
  const { plugin: _, ...values } = config;
  const plugins = pluginsOf(config);
  const trusted = plugins.length === 0 || await isTrusted(config);
  return {
    name: basename(resolve(path)),
    path,
    config,
    layer: {
      source: `${path}/config.json`,
      values: plugins.length > 0 && trusted ? { ...values, plugin: plugins } : values,
      text: false,
      run: path,
      ...(!trusted && { withheld: plugins }),
    },
  };
}

/**
 * Of a run's layer, what a command with this spec takes from it: what is of the run, and not of the
 * command that trained it, and the plugins.
 */
export function layerFor<S extends z.ZodObject, G extends Groups>(
  spec: ConfigSpec<S, G>,
  { layer: { values: { plugin, ...values }, ...layer } }: Pick<OpenRun, "layer">,
): Layer {
  return { ...layer, values: { plugin, ...valuesOfRun(spec, values) } };
}

/** What is loaded although a run that was not made here names it. */
export interface Trust {
  /** Specifiers of plugins that the user names. */
  readonly plugins?: readonly string[];
  /** Whether all that the run names are loaded. */
  readonly trust?: boolean;
}

/** The specifiers of the plugins that are loaded with a run. */
export function pluginsToLoad(
  { layer }: Pick<OpenRun, "layer">,
  { plugins = [], trust = false }: Trust,
): string[] {
  const others = trust ? layer.withheld ?? [] : [];
  return [...new Set([...plugins, ...pluginsOf(layer.values), ...others])];
}

/**
 * What a run was trained on and with, as far as the spec asks for it; the plugins that may be loaded
 * are. Throws a UsageError where something is of a plugin that may not.
 */
export async function resolveRun<S extends z.ZodObject, G extends Groups>(
  run: OpenRun,
  spec: ConfigSpec<S, G>,
  trust: Trust = {},
  upper: readonly Layer[] = [],
): Promise<Config<S, G>> {
  const { plugin: _, ...values } = run.layer.values;
  const loaded = pluginsToLoad(run, trust);
  const withheld = (run.layer.withheld ?? []).filter((specifier) => !loaded.includes(specifier));
  const registry = await loadRegistry(loaded, withheld);
  const layer = layerFor(spec, { layer: { ...run.layer, values } });
  return await resolveConfig(spec, [layer, ...upper], registry);
}

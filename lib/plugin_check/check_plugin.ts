/**
 * All that a good plugin holds, tried.
 *
 * @module
 */
import { create } from "../create.ts";
import type { DeviceName } from "../device/device.ts";
import { Interrupted } from "../errors.ts";
import type { Encoder, Env, Kind, KindProducts, Objective, Plugin } from "../plugin.ts";
import { loadRegistry } from "../registry.ts";
import { checkEnv, type CheckPlace, type CheckRow, messageOf, runChecks } from "./check.ts";
import { DATASET_CHECKS } from "./dataset_checks.ts";
import { ENCODER_CHECKS } from "./encoder_checks.ts";
import { INPUT_SHAPE } from "./tiny_training.ts";
import { OBJECTIVE_CHECKS } from "./objective_checks.ts";
import { CLASSES, PROBE_CHECKS, type ProbeRuns, runTwice } from "./probe_checks.ts";
import { checkSchema } from "./schema_checks.ts";

/** What was found of a plugin. */
export interface PluginReport {
  readonly kind: Kind;
  readonly name: string;
  /** The options it was tried with, by key; the others have their defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Where it was tried. */
  readonly device: DeviceName;
  /** What was tried. */
  readonly rows: readonly CheckRow[];
  /** Whether nothing failed. */
  readonly passed: boolean;
}

/** A plugin, and where to try it. */
export interface CheckPluginOptions extends CheckPlace {
  readonly plugin: Plugin;
  /** Options by key; what is left out has its default. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The folder for a dataset's downloads. */
  readonly cache: string;
}

/** Tries a plugin. What it does wrong is in the report; throws where it is interrupted. */
export async function checkPlugin(given: CheckPluginOptions): Promise<PluginReport> {
  const { plugin, options = {}, device } = given;
  const schema = checkSchema(plugin);
  const rows = [...schema, ...await checkProduct(plugin, options, given)];
  return {
    kind: plugin.kind,
    name: plugin.name,
    options,
    device: device.name,
    rows,
    passed: rows.every(({ verdict }) => verdict !== "fail"),
  };
}

async function checkProduct(
  plugin: Plugin,
  options: Readonly<Record<string, unknown>>,
  place: CheckPlace & { cache: string },
): Promise<CheckRow[]> {
  if (isKind(plugin, "objective")) return await checkObjective(plugin, options, place);
  if (isKind(plugin, "encoder")) return await checkEncoder(plugin, options, place);
  if (isKind(plugin, "probe")) return await checkProbe(plugin, options, place);
  if (isKind(plugin, "dataset")) return await checkDataset(plugin, options, place);
  throw new TypeError(`There is no kind ${plugin.kind}`);
}

function isKind<K extends Kind>(plugin: Plugin, kind: K): plugin is Plugin<K> {
  return plugin.kind === kind;
}

/** Creates the product and checks it; if it cannot be created, the one row says so. */
async function making<K extends Kind>(
  make: () => Promise<KindProducts[K]>,
  use: (product: KindProducts[K]) => Promise<CheckRow[]>,
): Promise<CheckRow[]> {
  let product: KindProducts[K];
  try {
    product = await make();
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return [{
      check: "create",
      verdict: "fail",
      found: messageOf(error),
      advice: "See the interface in lib/plugin.ts; --options='{…}' gives it other options.",
    }];
  }
  return await use(product);
}

type Options = Readonly<Record<string, unknown>>;
type Place = CheckPlace & { readonly cache: string };

const envOf = ({ device, cache, progress, signal }: Place, parts: Partial<Env> = {}) =>
  checkEnv(device, { cache, progress, signal, ...parts });

async function checkObjective(
  plugin: Plugin<"objective">,
  options: Options,
  place: Place,
): Promise<CheckRow[]> {
  const env = envOf(place, { inputShape: INPUT_SHAPE, classes: CLASSES });
  const registry = await loadRegistry();
  const ours = async (name: string): Promise<[string, Objective]> => [
    name,
    await create(await registry.get("objective", name), {}, env),
  ];
  const key = Object.keys(plugin.options.shape).find((key) => /temperature$/i.test(key));
  const atTemperature = async (temperature: number) => {
    if (key === undefined) return "it has no temperature";
    const lowTemperature = { ...options, [key]: temperature };
    if (!plugin.options.safeParse(lowTemperature).success) {
      return `its options allow no ${temperature}`;
    }
    return await create(plugin, lowTemperature, env);
  };
  const others = Object.fromEntries(
    await Promise.all(
      ["debiased", "biased"].filter((name) => name !== plugin.name).map(ours),
    ),
  );
  return await making<"objective">(
    () => create(plugin, options, env),
    (objective) =>
      runChecks(
        { ...place, name: plugin.name, objective, atTemperature, others },
        OBJECTIVE_CHECKS,
        place,
      ),
  );
}

async function checkEncoder(
  plugin: Plugin<"encoder">,
  options: Options,
  place: Place,
): Promise<CheckRow[]> {
  const again = async (seed: number): Promise<Encoder> =>
    await create(plugin, options, envOf(place, { seed, inputShape: INPUT_SHAPE }));
  const registry = await loadRegistry();
  return await making<"encoder">(() => again(0), async (encoder) => {
    const others: Record<string, Encoder> = plugin.name === "conv" ? {} : {
      conv: await create(
        await registry.get("encoder", "conv"),
        {},
        envOf(place, { inputShape: INPUT_SHAPE }),
      ),
    };
    try {
      return await runChecks(
        { ...place, name: plugin.name, encoder, again, others },
        ENCODER_CHECKS,
        place,
      );
    } finally {
      for (const { model } of [encoder, ...Object.values(others)]) model.dispose();
    }
  });
}

async function checkProbe(
  plugin: Plugin<"probe">,
  options: Options,
  place: Place,
): Promise<CheckRow[]> {
  const env = envOf(place, { inputShape: INPUT_SHAPE, classes: CLASSES });
  const registry = await loadRegistry();
  const encoder = await create(await registry.get("encoder", "conv"), {}, env);
  try {
    return await making<"probe">(
      () => create(plugin, options, env),
      (probe) => {
        const tested = { ...place, name: plugin.name, probe, encoder };
        let made: Promise<ProbeRuns> | undefined;
        const runs = () => made ??= runTwice(tested);
        return runChecks({ ...tested, runs }, PROBE_CHECKS, place);
      },
    );
  } finally {
    encoder.model.dispose();
  }
}

async function checkDataset(
  plugin: Plugin<"dataset">,
  options: Options,
  place: Place,
): Promise<CheckRow[]> {
  const again = () => create(plugin, options, envOf(place));
  return await making<"dataset">(again, async (dataset) => {
    try {
      return await runChecks({ ...place, dataset, again }, DATASET_CHECKS, place);
    } finally {
      dataset.close?.();
    }
  });
}

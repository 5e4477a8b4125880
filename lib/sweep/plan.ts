/**
 * The runs of a sweep: each arm with each seed, in a folder named after its configuration; and which
 * arm each is compared with.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { command as train, type trainCommandOptions } from "../commands/train.ts";
import { chosen, type Config, resolveConfig, type Roles, savedValues } from "../config.ts";
import { TauplusError, UsageError } from "../errors.ts";
import type { Facts } from "../facts.ts";
import { openRun, type runGroups } from "../open_run.ts";
import type { Registry } from "../registry.ts";
import type { Arm } from "./arms.ts";
import { didYouMean } from "../names.ts";

/** One training of a sweep. */
export interface Run {
  readonly arm: Arm;
  readonly seed: number;
  /** The run's folder. */
  readonly folder: string;
  /** What goes to its `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly factsOf: (name: string) => Facts;
  /** Its plugins and their options. */
  readonly roles: Roles;
  /**
   * Whether the untrained encoder and raw pixels are evaluated with it: the first of the runs that
   * agree in all these depend on does that for the others.
   */
  readonly references: boolean;
  /** Whether the folder is one that an older version began, and that the run was found to be. */
  readonly older?: true;
}

export interface PlanParts {
  readonly arms: readonly Arm[];
  readonly seeds: readonly number[];
  /** The sweep's folder. */
  readonly out: string;
  /** Specifiers of third parties' plugins. */
  readonly plugins: readonly string[];
  readonly registry: Registry;
  /** Fits a configuration to its data; the runs are begun with what it gives. */
  readonly fit?: (config: TrainConfig, seed: number) => Promise<TrainConfig>;
}

/** The configuration of a training. */
export type TrainConfig = Config<typeof trainCommandOptions, typeof runGroups>;

/**
 * All runs, a seed at a time, so that pairs of one seed are there early.
 *
 * @throws UsageError naming the first option of any arm that is wrong.
 */
export async function plan(
  { arms, seeds, out, plugins, registry, fit }: PlanParts,
): Promise<Run[]> {
  const runs: Run[] = [];
  const evaluated = new Set<string>();
  for (const seed of seeds) {
    for (const arm of arms) {
      const layers = [...arm.layers, { source: "--seeds", values: { seed }, text: false }];
      const named = await resolveConfig(train.spec, layers, registry);
      const resolved = await fit?.(named, seed) ?? named;
      const { factsOf, roles, options } = resolved;
      const all = { ...savedValues(resolved), ...(plugins.length > 0 && { plugin: plugins }) };
      const group = digest(all, (name) => factsOf(name).baseline);
      const references = options.baselines && !evaluated.has(group);
      evaluated.add(group);
      runs.push({
        arm,
        seed,
        folder: join(
          out,
          `${chosen(roles, "objective").plugin.name}-${seed}-${identity(all, factsOf)}`,
        ),
        config: { ...all, out, baselines: references },
        factsOf,
        roles,
        references,
      });
    }
  }
  return await Promise.all(runs.map((run) => olderRun(run, out, registry)));
}

/**
 * An older version named a run's folder by fewer options, or took others to matter. Where the options
 * in such a folder, with the defaults of those that came later, come to the same results, it is the run.
 */
async function olderRun(run: Run, out: string, registry: Registry): Promise<Run> {
  const entries: string[] = await Array.fromAsync(Deno.readDir(out), ({ name }) => name)
    .catch(() => []);
  if (entries.includes(basename(run.folder))) return run;
  const begins = basename(run.folder).replace(/[^-]*$/, "");
  for (const name of entries.filter((name) => name.startsWith(begins)).sort()) {
    const folder = join(out, name);
    const begun = await resolvedIn(folder, registry);
    const same = begun && identity(begun, run.factsOf) === identity(run.config, run.factsOf);
    if (same) return { ...run, folder, older: true };
  }
  return run;
}

/** The configuration in a folder with all options that there are now; undefined where it has none. */
async function resolvedIn(
  folder: string,
  registry: Registry,
): Promise<Record<string, unknown> | undefined> {
  try {
    const { config: { plugin, ...values } } = await openRun(folder);
    const layer = { source: folder, values, text: false };
    const resolved = await resolveConfig(train.spec, [layer], registry);
    return { ...savedValues(resolved), ...(plugin !== undefined && { plugin }) };
  } catch (error) {
    if (error instanceof TauplusError) return undefined;
    throw error;
  }
}

/** Ten digits that two configurations share if they give the same results. */
export function identity(
  config: Readonly<Record<string, unknown>>,
  factsOf: Run["factsOf"],
): string {
  return digest(config, (name) => factsOf(name).result);
}

function digest(
  config: Readonly<Record<string, unknown>>,
  keep: (name: string) => boolean,
): string {
  const entries = Object.entries(config).filter(([name]) => keep(name));
  const sorted = entries.sort(([a], [b]) => a < b ? -1 : 1);
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 10);
}

/** Who is compared with whom. */
export interface Baseline {
  /** The objective or the label that was named, or the default. */
  readonly name: string;
  /** The label of each arm's baseline by its own: the same for a baseline, null where none is. */
  readonly of: ReadonlyMap<string, string | null>;
}

/**
 * The baseline of each arm. An objective is that of the others in its setting (the same batch size,
 * and so on); where there is one objective only, or a whole label is named, one arm is that of all.
 *
 * @param named an objective or a label, as the table has it; default the first.
 * @throws UsageError where there is no such arm.
 */
export function chooseBaseline(arms: readonly Arm[], named?: string): Baseline {
  const all = [...new Set(arms.map(({ treatment }) => treatment))];
  const treatments = all.length > 1 ? all : [];
  const labels = arms.map(({ label }) => label);
  const names = [...new Set([...treatments, ...labels])];
  const name = named ?? names[0];
  if (!names.includes(name)) {
    throw new UsageError({
      act: "set --baseline",
      rule: `it must be one of ${names.map((name) => `"${name}"`).join(", ")}`,
      got: name,
      next: didYouMean(name, names, (near) => `"${near}"`) + "Write it as the table names it.",
    });
  }
  const find = (setting: string) =>
    treatments.includes(name)
      ? arms.find((arm) => arm.treatment === name && arm.setting === setting)
      : arms.find((arm) => arm.label === name);
  return { name, of: new Map(arms.map((arm) => [arm.label, find(arm.setting)?.label ?? null])) };
}

/**
 * All that a sweep found, as its JSON file has it.
 *
 * @module
 */
import { own } from "../names.ts";
import type { Results } from "../run/results.ts";
import type { Baseline, Run } from "./plan.ts";
import type { Outcome, RunResult } from "./run_all.ts";
import { type Difference, type Estimate, estimate, holm, pairedDifference } from "./statistics.ts";

/** What a probe says of an arm, top-1 in percent. */
export interface Score {
  /** Over the seeds. */
  readonly top1: Estimate | null;
  /** To the arm's baseline, by pairs of one seed; null for the baseline itself. */
  readonly difference: Comparison | null;
}

/** A difference as one of all that a sweep makes. */
export interface Comparison extends Difference {
  /** `p` adjusted by Holm's method for all differences of the sweep. */
  readonly adjustedP: number | null;
}

export interface RunSummary extends Partial<RunResult> {
  readonly seed: number;
  readonly folder: string;
  /** Why it failed, where it did. */
  readonly failure?: string;
}

export interface ArmSummary {
  readonly label: string;
  /** The label of the arm it is compared with; its own for a baseline, null where there is none. */
  readonly baseline: string | null;
  /** Its options, but those that all arms share. */
  readonly config: Readonly<Record<string, unknown>>;
  /** By probe. */
  readonly scores: Readonly<Record<string, Score>>;
  /** Share of rows at the clamp; null where the objective has none. */
  readonly clampRate: Estimate | null;
  /** Share of negatives that are of the anchor's class. */
  readonly falseNegativeRate: Estimate | null;
  readonly runs: readonly RunSummary[];
}

/** What every encoder should beat. */
export interface ReferenceSummary {
  /** `untrained encoder` or `raw pixels`; where they differ within the sweep, with an arm's label. */
  readonly label: string;
  /** By probe. */
  readonly scores: Readonly<Record<string, Estimate | null>>;
}

/** A sweep in numbers: what its report and its JSON show. */
export interface SweepSummary {
  readonly seeds: readonly number[];
  /** What the arms are compared with, as named. */
  readonly baseline: string;
  readonly probes: readonly string[];
  /** The arms, in the order of the table. */
  readonly arms: readonly ArmSummary[];
  /** How many differences there are: what their p-values are adjusted for. */
  readonly comparisons: number;
  /** Untrained encoder and raw pixels. */
  readonly references: readonly ReferenceSummary[];
  /** The devices that the runs were trained on. */
  readonly devices: readonly string[];
  /** Seconds of training, all runs together. */
  readonly seconds: number;
  /** The options that all runs share. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface SummaryParts {
  readonly seeds: readonly number[];
  /** Which arm each arm is compared with. */
  readonly baseline: Baseline;
  /** The result, or the failure, of every run. */
  readonly outcomes: readonly Outcome[];
}

/** Means, deviations and paired differences. */
export function summarize({ seeds, baseline, outcomes }: SummaryParts): SweepSummary {
  const results = outcomes.flatMap(({ result }) => result ?? []);
  const probes = [...new Set(results.flatMap(({ trained }) => Object.keys(trained)))];
  const configs = outcomes.map(({ run }) => run.config);
  const isShared = (name: string) =>
    new Set(configs.map((config) => JSON.stringify(config[name]))).size === 1;
  // What the sweep itself gives to each run is not of its arm.
  const options = ({ config, factsOf }: Run, shared: boolean) =>
    Object.fromEntries(
      Object.entries(config).filter(([name]) =>
        !["absent", "assigned"].includes(factsOf(name).sweep) && isShared(name) === shared
      ),
    );
  const arms = [...baseline.of].map(([label, other]) => {
    const mine = outcomes.filter(({ run }) => run.arm.label === label);
    const rate = (name: "clampRate" | "falseNegativeRate") =>
      estimate(mine.flatMap(({ result }) => result?.[name] ?? []));
    return {
      label,
      baseline: other,
      config: options(mine[0].run, false),
      clampRate: rate("clampRate"),
      falseNegativeRate: rate("falseNegativeRate"),
      runs: mine.map(({ run: { seed, folder }, result, failure }) => ({
        seed,
        folder,
        ...(failure !== undefined && { failure }),
        ...result,
      })),
    };
  });
  return {
    seeds,
    baseline: baseline.name,
    probes,
    ...compare(arms, probes),
    references: [
      ...references("untrained", "untrained encoder", outcomes, probes),
      ...references("pixels", "raw pixels", outcomes, probes),
    ],
    devices: [...new Set(results.map(({ device }) => device))],
    seconds: results.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    config: options(outcomes[0].run, true),
  };
}

/** The arms with their scores, and how many comparisons that makes. */
export function compare<A extends Omit<ArmSummary, "scores">>(
  arms: readonly A[],
  probes: readonly string[],
): { arms: (A & Pick<ArmSummary, "scores">)[]; comparisons: number } {
  const cells = arms.flatMap((arm) => {
    const other = arms.find(({ label }) => label === arm.baseline);
    return probes.map((probe) => ({
      top1: estimate([...top1(arm, probe).values()]),
      difference: other === undefined || other === arm
        ? null
        : pairedDifference(top1(arm, probe), top1(other, probe)),
    }));
  });
  const compared = cells.flatMap(({ difference }) => difference ?? []);
  const adjusted = holm(compared.map(({ p }) => p));
  const scores = cells.map(({ top1, difference }): Score => ({
    top1,
    difference: difference && { ...difference, adjustedP: adjusted[compared.indexOf(difference)] },
  }));
  return {
    arms: arms.map((arm, a) => ({
      ...arm,
      scores: Object.fromEntries(
        probes.map((probe, p) => [probe, scores[a * probes.length + p]]),
      ),
    })),
    comparisons: compared.length,
  };
}

/** Top-1 of the runs that have it, by seed. */
export function top1({ runs }: Pick<ArmSummary, "runs">, probe: string): Map<number, number> {
  return new Map(runs.flatMap(({ seed, trained }) => {
    const found = own(trained, probe);
    return found ? [[seed, found.top1] as const] : [];
  }));
}

/** One for each group of runs that share it. */
function references(
  name: "untrained" | "pixels",
  title: string,
  outcomes: readonly Outcome[],
  probes: readonly string[],
): ReferenceSummary[] {
  const groups = new Map<string, Results[]>();
  for (const { run: { arm: { label }, references }, result } of outcomes) {
    if (references && result?.[name]) groups.set(label, [...groups.get(label) ?? [], result]);
  }
  return [...groups].map(([label, results]) => ({
    label: groups.size > 1 ? `${title}, ${label}` : title,
    scores: Object.fromEntries(probes.map((probe) => [
      probe,
      estimate(results.flatMap((result) => own(result[name], probe)?.top1 ?? [])),
    ])),
  }));
}

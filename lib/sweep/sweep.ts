/**
 * What `sweep` does: plan, look at the data, run, report.
 *
 * @module
 */
import { join } from "node:path";
import type { Context } from "../command_line/command.ts";
import { command, type sweepCommandOptions } from "../commands/sweep.ts";
import { TauplusError, UsageError } from "../errors.ts";
import type { runGroups } from "../open_run.ts";
import { jsonText, writeAtomic, writeError } from "../files.ts";
import { lockFolder } from "../run/lock.ts";
import { pretrainSplit } from "../splits.ts";
import { printErr } from "../terminal/print.ts";
import { expandArms } from "./arms.ts";
import { chooseBaseline, plan, type Run, type TrainConfig } from "./plan.ts";
import { sweepFigure } from "./figure.ts";
import { circumstances, markdown, terminalTable } from "./report.ts";
import { gzipLog, type Outcome, runAll } from "./run_all.ts";
import { summarize } from "./summary.ts";
import { OUTPUT } from "./train_run.ts";
import { cacheFolder } from "../cache.ts";
import { canEvaluate } from "../commands/shared/evaluate_encoder.ts";
import { chosen } from "../config.ts";
import { create } from "../create.ts";
import { fitToData } from "../fit_to_data.ts";
import type { BaseEnv, Dataset, Progress } from "../plugin.ts";

/**
 * Runs the command. Throws what {@linkcode sweepData} and {@linkcode runAll} throw, and where runs
 * failed a TauplusError after the report.
 */
export async function sweep(
  context: Context<typeof sweepCommandOptions, typeof runGroups>,
): Promise<void> {
  const { config: { options }, layers, plugins, registry, signal, bar, result } = context;
  const { arms, datasets } = await expandArms(command.spec, layers, registry);
  const baseline = chooseBaseline(arms, options.baseline);
  const seeds = options.seeds.length === 1 ? [...Array(options.seeds[0]).keys()] : options.seeds;
  const out = options.out ?? join("sweeps", datasets.join("+"));
  const progress = (progress: Progress) => bar.show(progress);
  const { fit, stepsOf } = sweepData({ progress, signal, notify: printErr });
  const runs = await plan({ arms, seeds, out, plugins, registry, fit });
  bar.end();

  await Deno.mkdir(out, { recursive: true }).catch((cause) => {
    throw writeError(out, cause);
  });
  const lock = await lockFolder(out);
  try {
    printErr(
      `sweep    arms ${arms.length} × seeds ${seeds.length} = ${runs.length} runs, in ${out}`,
    );
    const outcomes = await runAll(runs, { jobs: options.jobs, signal, bar, stepsOf });
    if (outcomes.some(({ result }) => result)) {
      const found = { ...circumstances(), ...summarize({ seeds, baseline, outcomes }) };
      await writeAtomic(join(out, "sweep.json"), jsonText(found));
      await writeAtomic(join(out, "metrics.jsonl.gz"), await gzipLog(outcomes));
      await writeAtomic(join(out, "sweep.svg"), await sweepFigure(found));
      await writeAtomic(join(out, "sweep.md"), markdown(found));
      const page = join(out, "sweep.md");
      result(
        { page, ...found },
        () =>
          `${
            terminalTable(found)
          }\nsweep: ${page}, with sweep.json, sweep.svg and metrics.jsonl.gz`,
      );
    }
    checkFailures(outcomes);
  } finally {
    await lock.release();
  }
}

function checkFailures(outcomes: readonly Outcome[]): void {
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return;
  const [{ run, failure }] = failed;
  throw new TauplusError({
    act: "finish the sweep",
    rule: `${failed.length} of ${outcomes.length} runs failed, the first so: ` +
      `${failure?.replace(/\.$/, "")}`,
    next: `All it said is in ${join(run.folder, OUTPUT)}. The same command tries them again.`,
  });
}

/** The datasets of a sweep; each is opened once, before anything is trained. */
export interface SweepData {
  /**
   * Lowers what is too large for the data and was not given.
   *
   * @throws UsageError where a dataset has no labels to evaluate by, or a value that was given is too large.
   */
  fit(config: TrainConfig, seed: number): Promise<TrainConfig>;
  /** How many steps a run has. */
  stepsOf(run: Run): number;
}

/** Opens the datasets of a sweep as they are asked for. */
export function sweepData(
  env: Pick<BaseEnv, "progress" | "signal"> & { readonly notify: (sentence: string) => void },
): SweepData {
  const datasets = new Map<string, Dataset>();
  const said = new Set<string>();
  const key = ({ roles }: Pick<Run, "roles">) => {
    const { plugin, options } = chosen(roles, "dataset");
    return JSON.stringify([plugin.name, options]);
  };
  const notify = (sentence: string) => {
    if (!said.has(sentence)) env.notify(sentence);
    said.add(sentence);
  };
  const open = async (config: TrainConfig, seed: number): Promise<Dataset> => {
    const { plugin, options } = chosen(config.roles, "dataset");
    const dataset = await create(plugin, options, { ...env, seed, cache: cacheFolder() });
    dataset.close?.();
    if (canEvaluate({ dataset })) return dataset;
    throw new UsageError({
      act: `sweep over ${plugin.name}`,
      rule:
        "its splits train and test must be labeled, of at least two classes, so that runs can be " +
        "compared",
      next: "Choose a labeled dataset; deno task train trains without labels.",
    });
  };
  return {
    async fit(config, seed) {
      const dataset = datasets.get(key(config)) ?? await open(config, seed);
      datasets.set(key(config), dataset);
      return fitToData(config, dataset, { evaluated: true, notify });
    },
    stepsOf(run) {
      const { batch_size, epochs, max_steps } = run.config;
      const { length } = pretrainSplit(datasets.get(key(run))!);
      const steps = Number(epochs) * Math.floor(length / Number(batch_size));
      return Math.min(steps, Number(max_steps) || Infinity);
    },
  };
}

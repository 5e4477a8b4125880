/**
 * The datasets of a sweep, looked at before anything is trained.
 *
 * @module
 */
import { cacheFolder } from "../cache.ts";
import { canJudge, checkNeighbours } from "../commands/judge.ts";
import { chosen } from "../config.ts";
import { create } from "../create.ts";
import { UsageError } from "../errors.ts";
import type { BaseEnv } from "../plugin.ts";
import type { Run } from "./plan.ts";

/**
 * Opens every dataset once.
 *
 * @returns how many steps a run has, by the run.
 * @throws UsageError where a dataset has no labels to judge by, or fewer examples than neighbours.
 */
export async function checkData(
  runs: readonly Run[],
  env: Pick<BaseEnv, "progress" | "signal">,
): Promise<(run: Run) => number> {
  const key = ({ roles }: Run) => {
    const { plugin, options } = chosen(roles, "dataset");
    return JSON.stringify([plugin.name, options]);
  };
  const examples = new Map<string, number>();
  for (const run of runs) {
    if (examples.has(key(run))) continue;
    const { plugin, options } = chosen(run.roles, "dataset");
    const dataset = await create(plugin, options, { ...env, seed: run.seed, cache: cacheFolder() });
    try {
      if (!canJudge({ dataset })) {
        throw new UsageError({
          act: `sweep over ${plugin.name}`,
          rule: "its splits train and test must be labelled, or there is nothing to compare by",
          next: "Choose a labelled dataset; deno task train trains without labels.",
        });
      }
      for (const other of runs.filter((other) => key(other) === key(run))) {
        checkNeighbours({ dataset }, Number(other.config.k));
      }
      examples.set(key(run), dataset.splits[dataset.pretrain ?? "train"].length);
    } finally {
      dataset.close?.();
    }
  }
  return (run) => {
    const { batch_size, epochs, max_steps } = run.config;
    const steps = Number(epochs) * Math.floor(examples.get(key(run))! / Number(batch_size));
    return Math.min(steps, Number(max_steps) || Infinity);
  };
}

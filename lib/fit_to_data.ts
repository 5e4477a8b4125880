/**
 * Options that the data bound: a batch has no more examples than there are, and kNN no more neighbors.
 *
 * @module
 */
import type { z } from "zod";
import type { Config, Groups } from "./config.ts";
import { UsageError } from "./errors.ts";
import type { Dataset } from "./plugin.ts";
import { pretrainSplit } from "./splits.ts";

/** What there is of each. */
const SAID = {
  examples: "examples to train on",
  labeled: "labeled training examples",
} as const;

/** How many examples there are of each kind; where nothing is evaluated, labels bound nothing. */
function counts(dataset: Dataset, evaluated: boolean) {
  const labeled = dataset.splits.train?.labels?.filter((label) => label >= 0).length ?? 0;
  return {
    examples: pretrainSplit(dataset).length,
    labeled: evaluated ? labeled : Infinity,
  };
}

/**
 * The configuration with every default that is too large for the data lowered, which `notify` is told.
 *
 * @param config its options say by the fact `bound` what bounds them
 * @param evaluated whether probes run, so that the number of labeled examples matters
 * @param resumed whether it is a run's that was begun: what is fixed in that stays as it is
 * @throws UsageError where a value that a person gave is too large, or too few examples are there for
 * any value.
 */
export function fitToData<S extends z.ZodObject, G extends Groups>(
  config: Config<S, G>,
  dataset: Dataset,
  { evaluated, resumed = false, notify }: {
    readonly evaluated: boolean;
    readonly resumed?: boolean;
    readonly notify: (sentence: string) => void;
  },
): Config<S, G> {
  const there = counts(dataset, evaluated);
  if (there.examples < 2) {
    throw new UsageError({
      act: "train",
      rule: "there must be two examples to train on at least",
      got: there.examples,
      next: "Choose a larger dataset.",
    });
  }
  const lowered: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config.flat)) {
    const { bound, resume } = config.factsOf(name);
    if (bound === undefined || typeof value !== "number" || value <= there[bound]) continue;
    if (resumed && resume === "fixed") continue;
    if (config.isGiven(name)) {
      throw new UsageError({
        act: `set --${name}`,
        rule: `it must be at most ${there[bound]}, the ${SAID[bound]}`,
        got: value,
        next: "Choose a smaller one, or leave it out.",
      });
    }
    lowered[name] = there[bound];
    notify(`--${name} is ${there[bound]}, not ${value}: there are no more ${SAID[bound]}`);
  }
  return Object.keys(lowered).length > 0 ? config.changed(lowered) : config;
}

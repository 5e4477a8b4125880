/**
 * The splits of a dataset: by name, the one that is trained on, and the labeled examples of one.
 *
 * @module
 */
import { PluginError, UsageError } from "./errors.ts";
import { called } from "./guard.ts";
import type { Dataset, Split } from "./plugin.ts";

/** The split of that name. Throws UsageError where the dataset has none. */
export function findSplit(dataset: Dataset, name: string): Split {
  if (Object.hasOwn(dataset.splits, name)) return dataset.splits[name];
  throw new UsageError({
    act: "evaluate",
    rule: `the split must be one of ${Object.keys(dataset.splits).join(", ")}`,
    got: name,
    next: name === "train" || name === "test"
      ? "Probes fit on train and evaluate on test: choose a dataset that has both."
      : "Choose one of them.",
  });
}

/** The name of the split that an encoder is trained on. */
export function pretrainName({ pretrain = "train" }: Pick<Dataset, "pretrain">): string {
  return pretrain;
}

/** The split that an encoder is trained on. Throws a PluginError where the dataset lacks it. */
export function pretrainSplit(dataset: Dataset): Split {
  const name = pretrainName(dataset);
  if (Object.hasOwn(dataset.splits, name)) return dataset.splits[name];
  throw new PluginError({
    act: `train on the ${called("dataset", dataset)}`,
    rule: `it must have the split ${name}`,
    got: Object.keys(dataset.splits).join(", "),
    next: "Let the plugin's `pretrain` name one of its splits.",
  });
}

/** The labeled examples of a split. */
export interface Labeled {
  /** Their places in the split, rising. */
  readonly indices: Int32Array;
  /** Their classes. */
  readonly labels: Int32Array;
}

/** The labeled examples of a split. Throws UsageError where it has none. */
export function labeledExamples(split: Split, name: string): Labeled {
  const { labels = new Int32Array(0) } = split;
  const indices = Int32Array.from(labels.keys()).filter((index) => labels[index] >= 0);
  if (indices.length > 0) return { indices, labels: indices.map((index) => labels[index]) };
  throw new UsageError({
    act: `evaluate on the split ${name}`,
    rule: "a probe needs labeled examples",
    got: `${split.length} examples without a label`,
    next: "Choose a dataset with labels, or evaluate nothing while training (--eval_every=0).",
  });
}

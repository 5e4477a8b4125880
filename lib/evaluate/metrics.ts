/**
 * Metrics of a classifier from its scores. Equal scores are ranked by the lower class first, so
 * every number is the same on every run.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

/** How well scores rank the true classes. */
export interface ClassificationMetrics {
  /** Share of examples whose class is ranked first, in percent. */
  readonly top1: number;
  /** Share of examples whose class is among the first five, in percent. */
  readonly top5: number;
  /** The names of the classes, in the order of the rows and columns of `confusion`. */
  readonly classes: readonly string[];
  /** Top-1 of the examples of each class, in percent, by name; null where there are none. */
  readonly perClass: Readonly<Record<string, number | null>>;
  /** Counts [true class][predicted class]. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * The names of as many classes as the labels, each [number of examples], need; a class without a name
 * is its number.
 *
 * @example Labels go further than the names
 * ```ts
 * import { classNames } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(classNames(["cat", "dog"], Int32Array.of(0, 3)), ["cat", "dog", "2", "3"]);
 * ```
 */
export function classNames(
  classes: readonly string[],
  ...labels: readonly Int32Array[]
): string[] {
  const largest = labels.reduce(
    (most, split) => split.reduce((max, label) => Math.max(max, label), most),
    classes.length - 1,
  );
  return Array.from({ length: largest + 1 }, (_, label) => classes[label] ?? String(label));
}

/**
 * Top-1, top-5, per-class accuracy and confusion.
 *
 * @param scores [labels.length, names.length], higher is likelier; a class of score −∞ is not
 * predicted, so an example of it counts for neither accuracy
 * @param labels the true classes, 0 … names.length − 1
 * @param names the names of the classes
 * @returns accuracies in percent, and counts [true class][predicted class]
 * @throws UsageError where a score is NaN, or an example has no class above −∞
 *
 * @example One of two examples is right
 * ```ts
 * import { classificationMetrics } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const scores = [0.9, 0.1, 0.8, 0.2];
 * const { top1, perClass, confusion } = classificationMetrics(scores, Int32Array.of(0, 1), ["a", "b"]);
 * assertEquals([top1, perClass], [50, { a: 100, b: 0 }]);
 * assertEquals(confusion, [[1, 0], [1, 0]]);
 * ```
 */
export function classificationMetrics(
  scores: ArrayLike<number>,
  labels: Int32Array,
  names: readonly string[],
): ClassificationMetrics {
  const count = names.length;
  const confusion = names.map(() => names.map(() => 0));
  let first = 0;
  let firstFive = 0;
  labels.forEach((label, example) => {
    const offset = example * count;
    const own = scores[offset + label];
    let rank = 0;
    let predicted = 0;
    for (let c = 0; c < count; c++) {
      const score = scores[offset + c];
      // NaN is above nothing and below nothing: it would rank first.
      if (Number.isNaN(score)) refuse(example, NaN);
      if (score > own || (score === own && c < label)) rank++;
      if (score > scores[offset + predicted]) predicted = c;
    }
    if (scores[offset + predicted] === -Infinity) refuse(example, -Infinity);
    confusion[label][predicted]++;
    if (own === -Infinity) return;
    if (rank < 1) first++;
    if (rank < 5) firstFive++;
  });
  const perClass = confusion.map((row, label) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    return [names[label], total ? percent(row[label], total) : null] as const;
  });
  return {
    top1: percent(first, labels.length),
    top5: percent(firstFive, labels.length),
    classes: names,
    perClass: Object.fromEntries(perClass),
    confusion,
  };
}

function refuse(example: number, got: number): never {
  throw new UsageError({
    act: `rank the scores of example ${example}`,
    rule: "they must be numbers, and at least one above −∞",
    got,
    next: "Look for NaN in the features or in the classifier.",
  });
}

function percent(part: number, whole: number): number {
  return 100 * part / whole;
}

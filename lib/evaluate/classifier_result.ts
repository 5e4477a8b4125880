/**
 * What a classifier's probe found, read back: from a file of a run, or from any probe's metrics.
 *
 * @module
 */
import { z } from "zod";

const schema = z.object({
  top1: z.number(),
  top5: z.number(),
  classes: z.array(z.string()).optional(),
  perClass: z.record(z.string(), z.number().nullable()),
  confusion: z.array(z.array(z.number().min(0))),
}).transform(({ classes, ...found }) => ({
  ...found,
  // Where it is not said, the order of the keys is theirs, unless they are whole numbers.
  classes: classes ?? Object.keys(found.perClass),
})).refine(({ classes: { length }, confusion }) =>
  confusion.length === length && confusion.every((row) => row.length === length)
);

/** A classifier's result: percents, and counts [true class][predicted class] in order of `classes`. */
export type ClassifierResult = z.output<typeof schema>;

/** The result of a classifier; undefined where `value` is none. */
export function classifierResult(value: unknown): ClassifierResult | undefined {
  return schema.safeParse(value).data;
}

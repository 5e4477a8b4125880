/**
 * The normalization of examples, where it is not to be the dataset's own.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";
import { UsageError } from "../errors.ts";
import type { Dataset } from "../plugin.ts";

/** The settings of the normalization, (x − mean)/std per channel. */
export const normalizationOptions: z.ZodObject<{
  mean: z.ZodDefault<z.ZodArray<z.ZodNumber>>;
  std: z.ZodDefault<z.ZodArray<z.ZodNumber>>;
}, z.core.$strict> = z.strictObject({
  mean: z.array(z.number()).default([])
    .describe("mean of the pixels scaled to 0–1, one or one per channel; empty: the dataset's")
    .meta(facts("input")),
  std: z.array(z.number().positive()).default([])
    .describe("standard deviation of the pixels likewise, positive; empty: the dataset's").meta(
      facts("input"),
    ),
});

/** Checked settings of the normalization. */
export type NormalizationOptions = z.output<typeof normalizationOptions>;

/** A dataset that `create` made, normalized otherwise. Throws UsageError where there are too many or few numbers. */
export function normalizedBy(dataset: Dataset, { mean, std }: NormalizationOptions): Dataset {
  if (mean.length === 0 && std.length === 0) return dataset;
  const channels = dataset.shape.at(-1);
  for (const [name, values] of [["mean", mean], ["std", std]] as const) {
    if ([0, 1, channels].includes(values.length)) continue;
    throw new UsageError({
      act: `set --${name}`,
      rule: `it must be one number, or ${channels}, one per channel`,
      got: values.join(","),
      next: "Leave it out to use the dataset's own.",
    });
  }
  return {
    ...dataset,
    mean: mean.length > 0 ? mean : dataset.mean,
    std: std.length > 0 ? std : dataset.std,
  };
}

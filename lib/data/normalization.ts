/**
 * The normalization of examples: the statistics of their pixels, and settings in place of the
 * dataset's own.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";
import { UsageError } from "../errors.ts";
import type { Dataset, Split } from "../plugin.ts";

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

/**
 * The mean and the standard deviation of each channel over the first `limit` examples of a split
 * of bytes [height, width, channels], scaled to 0–1.
 */
export async function channelStatistics(
  split: Split,
  channels: number,
  limit: number = split.length,
): Promise<{ mean: number[]; std: number[] }> {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let pixels = 0;
  const end = Math.min(limit, split.length);
  for (let start = 0; start < end; start += 256) {
    const rows = Array.from({ length: Math.min(256, end - start) }, (_, i) => start + i);
    const bytes = await split.read(rows);
    for (let i = 0; i < bytes.length; i++) {
      sums[i % channels] += bytes[i];
      squares[i % channels] += bytes[i] * bytes[i];
    }
    pixels += bytes.length / channels;
  }
  const mean = Array.from(sums, (sum) => sum / pixels / 255);
  const std = Array.from(squares, (sum, c) => Math.sqrt(sum / pixels / 255 ** 2 - mean[c] ** 2));
  return { mean, std };
}

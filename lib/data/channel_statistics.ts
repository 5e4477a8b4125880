/**
 * Mean and standard deviation of a dataset's pixels.
 *
 * @module
 */
import type { Split } from "../plugin.ts";

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

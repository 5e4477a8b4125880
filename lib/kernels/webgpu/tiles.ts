/**
 * What several kernels use: how many numbers are read at once, and the sides of the tile that a thread
 * sums in registers.
 *
 * On a software adapter, a load costs as much as thirty multiplications, so large tiles are faster, up
 * to 128 sums. Beyond that, the shader takes longer to compile and runs no faster.
 *
 * @module
 */
import type { ConvolutionAxis } from "./convolution.ts";

/** How many neighboring numbers are read at once: four if their count is a multiple of four. */
export function vectorWidth(count: number): 1 | 4 {
  return count % 4 === 0 ? 4 : 1;
}

/** The WGSL type of `width` numbers. */
export function vectorType(width: 1 | 4): "f32" | "vec4f" {
  return width === 4 ? "vec4f" : "f32";
}

/**
 * The side of a tile, at most `most`: if the count is a multiple of four, also a multiple of four; else
 * the side that divides the count into the fewest equal parts.
 */
export function tileSide(count: number, most: number): number {
  return count % 4 === 0 ? Math.min(most, count) : Math.ceil(count / Math.ceil(count / most));
}

/** The whole numbers below `count`, for unrolled loops. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** What one thread sums. */
export interface ConvolutionTile {
  readonly rows: number;
  /** Neighboring pixels in a row. */
  readonly pixels: number;
  /** Channels of the output; a multiple of four if they are written by four. */
  readonly columns: number;
}

/** Tiles worth trying for a sum, the default first. */
export function convolutionTiles(
  outChannels: number,
  { count, taps }: Pick<ConvolutionAxis, "count" | "taps">,
): ConvolutionTile[] {
  const tile = (rows: number, pixels: number, columns: number) => ({
    rows,
    pixels,
    columns: tileSide(outChannels, columns),
  });
  if (taps > 3) return [tile(1, 8, 8), tile(2, 4, 8), tile(1, 4, 4)];
  return count > 4
    ? [tile(2, 8, 8), tile(4, 4, 8), tile(2, 4, 4)]
    : [tile(4, 4, 8), tile(2, 4, 8), tile(2, 4, 4)];
}

/**
 * What kernels share: how memory is read, and the sides of the tile that a thread sums in registers.
 *
 * On a software adapter a load costs as much as thirty multiplications, so large tiles win, up to 128
 * sums; beyond, the time to compile grows and the speed does not.
 *
 * @module
 */
import type { ConvolutionAxis } from "./convolution.ts";

/** How many neighboring numbers are read at once: four where the count of them goes by fours. */
export function vectorWidth(count: number): 1 | 4 {
  return count % 4 === 0 ? 4 : 1;
}

/** The type in WGSL of that many numbers. */
export function vectorType(width: 1 | 4): "f32" | "vec4f" {
  return width === 4 ? "vec4f" : "f32";
}

/**
 * The side of a tile: `most`, a multiple of four, where the count goes by fours, else the side of the
 * fewest equal parts that are no longer.
 */
export function tileSide(count: number, most: number): number {
  return count % 4 === 0 ? Math.min(most, count) : Math.ceil(count / Math.ceil(count / most));
}

/** The whole numbers below `count`, for text that is unrolled. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** What one thread sums. */
export interface ConvolutionTile {
  readonly rows: number;
  /** Neighboring pixels in a row. */
  readonly pixels: number;
  /** Channels of the output; where they are written by four, a multiple of four. */
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

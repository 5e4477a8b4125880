/**
 * The tiles of sums over windows. On a software adapter a load costs as much as thirty multiplications,
 * so large tiles win, up to 128 sums; beyond, the time to compile grows and the speed does not.
 *
 * @module
 */
import type { ConvolutionAxis } from "./convolution.ts";
import { tileSide } from "./tiles.ts";

/** What one thread sums. */
export interface ConvolutionTile {
  /** Rows of the output. */
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

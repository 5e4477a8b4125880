/**
 * What kernels share: how memory is read, and the sides of the tile that a thread sums in registers.
 *
 * @module
 */

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

/**
 * How a length is cut into tiles.
 *
 * @module
 */

/** Parts of `total`, each at most `most` and nearly equal: [size, how many][]. */
export function balanced(total: number, most: number): [size: number, count: number][] {
  const parts = Math.ceil(total / most);
  const size = Math.floor(total / parts), larger = total - size * parts;
  const split: [number, number][] = [[size + 1, larger], [size, parts - larger]];
  return split.filter(([, count]) => count > 0);
}

/** Starts and sizes of parts of `total`, each at most `most`: the last may be smaller. */
export function parts(total: number, most: number): { start: number; size: number }[] {
  return Array.from({ length: Math.ceil(total / most) }, (_, i) => {
    return { start: i * most, size: Math.min(most, total - i * most) };
  });
}

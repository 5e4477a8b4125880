/**
 * Timing works side by side: each once to warm up, which compiles, then all alternately, so that
 * a machine whose speed drifts drifts for all. The tuner, the choice of a device, the checks of
 * plugins and the benches measure with it.
 *
 * @module
 */

/** Starts a measurement; what it gives ends it and says what it was. */
export type Meter<M> = () => () => M;

/** Milliseconds of the wall clock. */
export const wallClock: Meter<number> = () => {
  const start = performance.now();
  return () => performance.now() - start;
};

/** How often works are repeated after the warm-up. */
export interface Turns<M> {
  /** Times that each is measured, at most. */
  readonly rounds: number;
  /** Milliseconds after which no further round begins; the first one always does. Default no limit. */
  readonly budget?: number;
  readonly meter: Meter<M>;
}

/** The measurements of each work, in the order of the works; each must wait for its device. */
export async function timeInTurn<M>(
  works: readonly (() => unknown)[],
  { rounds, budget = Infinity, meter }: Turns<M>,
): Promise<M[][]> {
  for (const work of works) await work();
  const measured: M[][] = works.map(() => []);
  const begun = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && performance.now() - begun >= budget) break;
    for (const [w, work] of works.entries()) {
      const stop = meter();
      await work();
      measured[w].push(stop());
    }
  }
  return measured;
}

/** The middle of the values in their order, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

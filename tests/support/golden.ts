/** Compares with the goldens that tests/golden/common.py writes. */
import { assert } from "@std/assert";
import { closedForm } from "./closed_form.ts";

/** The distance of 1 to the next float32. */
export const EPSILON = 2 ** -23;

/**
 * Compares values with what a golden has of them: all entries, or where there are more of them its
 * products with fixed directions. Errors of entries up to `tolerance` make errors of products up to
 * about √size times that, unless all conspire.
 */
export function assertEntries(
  actual: ArrayLike<number>,
  expected: readonly number[],
  tolerance: number,
  what: string,
): void {
  const whole = actual.length === expected.length;
  const found = whole
    ? Array.from(actual)
    : expected.map((_, k) => product(actual, `direction ${k}`));
  const allowed = whole ? tolerance : tolerance * Math.sqrt(actual.length);
  expected.forEach((value, i) => assertNear(found[i], value, allowed, `${what} [${i}]`));
}

/** Fails unless a number is as near to another as said; NaN is near to nothing. */
export function assertNear(
  actual: number,
  expected: number,
  tolerance: number,
  what: string,
): void {
  const error = Math.abs(actual - expected);
  assert(
    error <= tolerance,
    `${what} is ${actual}, not ${expected}: ${error / tolerance} × allowed`,
  );
}

function product(entries: ArrayLike<number>, direction: string): number {
  return closedForm(direction, entries.length).reduce((sum, d, i) => sum + d * entries[i], 0);
}

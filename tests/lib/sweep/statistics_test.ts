import { assertAlmostEquals, assertEquals } from "@std/assert";
import { estimate, holm, pairedDifference } from "../../../lib/sweep/statistics.ts";
import golden from "../../golden/statistics.json" with { type: "json" };

// Student's quantile at 0.975 in closed form, for 1, 2 and 4 degrees of freedom; then as tables
// print it (Abramowitz and Stegun, table 26.10).
const p = 0.975, alpha = 4 * p * (1 - p);
const QUANTILES = new Map([
  [1, Math.tan(Math.PI * (p - 0.5))],
  [2, (2 * p - 1) * Math.sqrt(2 / alpha)],
  [4, 2 * Math.sqrt(Math.cos(Math.acos(Math.sqrt(alpha)) / 3) / Math.sqrt(alpha) - 1)],
]);
const TABLE = new Map([[1, 12.706], [2, 4.303], [4, 2.776], [9, 2.262], [29, 2.045]]);

Deno.test("the interval is Student's: closed forms, and the printed table", () => {
  for (const [degrees, expected] of [...QUANTILES, ...TABLE]) {
    const n = degrees + 1;
    const found = estimate(Array.from({ length: n }, (_, i) => i))!;
    // The deviation of 0 … n − 1 is √(n·(n + 1) / 12).
    const deviation = Math.sqrt(n * (n + 1) / 12);
    assertAlmostEquals(found.mean, degrees / 2, 1e-12);
    assertAlmostEquals(found.deviation!, deviation, 1e-12);
    const quantile = found.halfWidth! * Math.sqrt(n) / deviation;
    assertAlmostEquals(quantile, expected, TABLE.get(degrees) === expected ? 5e-4 : 1e-8);
  }
});

Deno.test("one value has no spread, and none has no mean: null, which is no NaN", () => {
  assertEquals(estimate([]), null);
  assertEquals(estimate([70]), { n: 1, mean: 70, deviation: null, halfWidth: null });
});

Deno.test("equal differences give no interval and no p, also if they differ by rounding", () => {
  assertEquals(estimate([70, 70, 70]), { n: 3, mean: 70, deviation: 0, halfWidth: null });
  // 75.1 − 70.1 and 66.85 − 61.85 are 5 and 4.999999999999993.
  for (const [a, b] of [[[75.1, 66.85], [70.1, 61.85]], [[70, 70, 70], [70, 70, 70]], [[3], [1]]]) {
    const found = pairedDifference(new Map(a.entries()), new Map(b.entries()))!;
    assertEquals([found.n, found.halfWidth, found.p], [a.length, null, null]);
    assertAlmostEquals(found.mean, a[0] - b[0], 1e-12);
  }
  // One test image of 10,000 more in one of twenty seeds is a difference.
  const some = Array.from({ length: 20 }, (_, i) => 70 + i);
  const more = some.map((value, i) => i === 7 ? value + 0.01 : value);
  const { p } = pairedDifference(new Map(more.entries()), new Map(some.entries()))!;
  assertAlmostEquals(p!, 0.3299, 1e-4); // t = 1 with 19 degrees of freedom
});

Deno.test("paired t-tests are those of an integral of Student's density", () => {
  for (const { a, b, ...expected } of golden.tests) {
    const found = pairedDifference(new Map(a.entries()), new Map(b.entries()))!;
    for (const name of ["mean", "deviation", "halfWidth"] as const) {
      assertAlmostEquals(found[name]!, expected[name], 1e-8, `${name} of ${a.length}`);
    }
    assertAlmostEquals(found.p! / expected.p, 1, 1e-6, `p of ${a.length}`);
  }
});

Deno.test("Holm's adjustment follows its definition; a missing p counts and stays null", () => {
  for (const { p, adjusted } of golden.holm) {
    for (const [i, value] of holm(p).entries()) assertAlmostEquals(value!, adjusted[i], 1e-15);
  }
  assertEquals(holm([]), []);
  assertEquals(holm([null, 0.01, null, 0.25]), [null, 0.04, null, 0.75]);
});

Deno.test("differences are of pairs: what all seeds share cancels, other seeds are left out", () => {
  const values = new Map([[0, 70.5], [1, 80.5], [2, 61], [5, 1]]);
  const others = new Map([[2, 60], [1, 80], [0, 70], [7, 99]]);
  const { n, mean, deviation } = pairedDifference(values, others)!;
  assertEquals(n, 3);
  assertAlmostEquals(mean, 2 / 3, 1e-12);
  assertAlmostEquals(deviation!, Math.sqrt(1 / 12), 1e-12);
  assertEquals(pairedDifference(values, new Map([[9, 1]])), null);
});

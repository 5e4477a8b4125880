import { assertAlmostEquals, assertEquals } from "@std/assert";
import { falseNegativeRate } from "../../../lib/objectives/false_negative_rate.ts";
import { rng } from "../../../lib/random.ts";

Deno.test("the false-negative rate is the share of pairs in Ω of one class", () => {
  // Six pairs of examples, one of them alike.
  assertAlmostEquals(falseNegativeRate(Int32Array.of(0, 1, 0, 2)), 1 / 6);
  assertEquals(falseNegativeRate(Int32Array.of(5, 5, 5)), 1);
  assertEquals(falseNegativeRate(Int32Array.of(0, 1, 2)), 0);
});

Deno.test("the false-negative rate is that of rows counted one by one, for any number of views", () => {
  const random = rng(1);
  const labels = Int32Array.from({ length: 20 }, () => random.int(4) - 1);
  for (const views of [2, 3]) {
    let [same, all] = [0, 0];
    for (let i = 0; i < views * labels.length; i++) {
      for (let j = 0; j < views * labels.length; j++) {
        const [a, b] = [i % labels.length, j % labels.length];
        if (a === b || labels[a] < 0 || labels[b] < 0) continue;
        all++;
        if (labels[a] === labels[b]) same++;
      }
    }
    assertAlmostEquals(falseNegativeRate(labels), same / all, 1e-12);
  }
});

Deno.test("the false-negative rate without a pair of known labels is no number", () => {
  assertEquals(falseNegativeRate(Int32Array.of(-1, -1, -1)), NaN);
  assertEquals(falseNegativeRate(Int32Array.of(-1, 3)), NaN);
});

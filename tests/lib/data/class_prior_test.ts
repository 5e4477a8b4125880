import { assertAlmostEquals, assertEquals } from "@std/assert";
import { collisionProbability, falseNegativeRate } from "../../../lib/data/class_prior.ts";
import { rng } from "../../../lib/random.ts";

Deno.test("the class prior of C balanced classes is 1 / C", () => {
  assertAlmostEquals(collisionProbability([0, 1, 2, 3, 0, 1, 2, 3]), 1 / 4, 1e-12);
});

Deno.test("the class prior is the share of ordered pairs, repeats included, of one class", () => {
  const labels = Int32Array.of(0, 0, 0, 1, 1, 2, 5);
  let same = 0;
  for (const a of labels) for (const b of labels) if (a === b) same++;
  assertAlmostEquals(collisionProbability(labels), same / labels.length ** 2, 1e-12);
});

Deno.test("examples of unknown class do not count in the class prior", () => {
  assertEquals(collisionProbability([-1, 0, -1, 1]), 0.5);
  assertEquals(collisionProbability([-1]), NaN);
  assertEquals(collisionProbability([]), NaN);
});

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

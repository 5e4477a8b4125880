import { assertAlmostEquals, assertEquals } from "@std/assert";
import { collisionProbability } from "../../../lib/data/class_prior.ts";

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

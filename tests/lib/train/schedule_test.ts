import { assertAlmostEquals, assertEquals } from "@std/assert";
import { learningRateAt, type ScheduleOptions } from "../../../lib/train/schedule.ts";

const options: ScheduleOptions = {
  learningRate: 0.4,
  schedule: "cosine",
  warmupEpochs: 2,
  epochs: 10,
};

Deno.test("a constant schedule without warm-up is the learning rate at every step", () => {
  const constant: ScheduleOptions = { ...options, schedule: "constant", warmupEpochs: 0 };
  assertEquals([0, 1, 39].map((step) => learningRateAt(step, 4, constant)), [0.4, 0.4, 0.4]);
});

Deno.test("warm-up rises linearly and reaches the peak at its last step", () => {
  const rates = [0, 3, 7].map((step) => learningRateAt(step, 4, options));
  rates.forEach((rate, i) => assertAlmostEquals(rate, 0.4 * [1, 4, 8][i] / 8, 1e-15));
});

Deno.test("cosine starts at the peak after warm-up, halves midway and ends near 0", () => {
  assertAlmostEquals(learningRateAt(8, 4, options), 0.4, 1e-15);
  assertAlmostEquals(learningRateAt(24, 4, options), 0.2, 1e-15);
  assertAlmostEquals(learningRateAt(40, 4, options), 0, 1e-15);
  assertAlmostEquals(
    learningRateAt(39, 4, options),
    0.4 * 0.5 * (1 + Math.cos(Math.PI * 31 / 32)),
    1e-15,
  );
});

Deno.test("a fraction of an epoch warms up that share of its steps", () => {
  const half = { ...options, warmupEpochs: 0.5 };
  assertAlmostEquals(learningRateAt(0, 4, half), 0.2, 1e-15);
  assertAlmostEquals(learningRateAt(2, 4, half), 0.4, 1e-15);
});

Deno.test("warm-up longer than the run only rises", () => {
  const long = { ...options, warmupEpochs: 100 };
  assertAlmostEquals(learningRateAt(39, 4, long), 0.4, 1e-15);
  assertAlmostEquals(learningRateAt(19, 4, long), 0.2, 1e-15);
});

Deno.test("a share of steps that is no whole number is rounded to the nearest", () => {
  // 0.3 and 0.4 epochs of 4 steps: 1.2 and 1.6 steps of warm-up, so 1 and 2.
  const rates = (warmupEpochs: number) =>
    [0, 1].map((step) =>
      learningRateAt(step, 4, { ...options, schedule: "constant", warmupEpochs })
    );
  assertEquals(rates(0.3), [0.4, 0.4]);
  assertEquals(rates(0.4), [0.2, 0.4]);
});

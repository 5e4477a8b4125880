import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { lbfgs } from "../../../lib/evaluate/lbfgs.ts";

/** 1 + Σ c_i·(x_i − i)² / 2 with curvatures from 1 to 1000. */
const CURVATURES = Float64Array.from({ length: 12 }, (_, i) => 1000 ** (i / 11));
const bowl = (x: Float64Array) => {
  const gradient = x.map((value, i) => CURVATURES[i] * (value - i));
  const value = gradient.reduce((sum, g, i) => sum + g * g / CURVATURES[i] / 2, 1);
  return Promise.resolve({ value, gradient });
};
const start = () => new Float64Array(12);

Deno.test("a badly scaled quadratic is minimized to the tolerance", async () => {
  const { x, value } = await lbfgs(bowl, start(), { iterations: 200, tolerance: 1e-14 });
  assertLess(value, 1 + 1e-12);
  x.forEach((component, i) => assertAlmostEquals(component, i, 1e-5));
});

Deno.test("with the inverse Hessian as the preconditioner one step is enough", async () => {
  const precondition = (g: Float64Array) => g.map((value, i) => value / CURVATURES[i]);
  const found = await lbfgs(bowl, start(), { iterations: 9, tolerance: 1e-12, precondition });
  assertEquals(found.steps, 1);
  assertLess(found.value, 1 + 1e-14);
});

Deno.test("the search continues through shortened steps and never goes up", async () => {
  // The curvature of a softplus falls off to 0, so the first full steps overshoot.
  const values: number[] = [];
  const valley = ([x]: Float64Array) => {
    const value = Math.log1p(Math.exp(-20 * (x - 1))) + Math.log1p(Math.exp(20 * (x - 3)));
    const gradient = -20 / (1 + Math.exp(20 * (x - 1))) + 20 / (1 + Math.exp(-20 * (x - 3)));
    return Promise.resolve({ value, gradient: Float64Array.of(gradient) });
  };
  for (let iterations = 0; iterations < 12; iterations++) {
    const options = { iterations, tolerance: 1e-12, precondition: (g: Float64Array) => g };
    values.push((await lbfgs(valley, Float64Array.of(-2), options)).value);
  }
  assert(values.every((value, i) => i === 0 || value <= values[i - 1]), String(values));
  assertLess(values.at(-1)!, 1e-5);
});

Deno.test("the search ends when rounding keeps the function from decreasing", async () => {
  const rounded = async (x: Float64Array) => ({ ...await bowl(x), value: 1 });
  const found = await lbfgs(rounded, start(), { iterations: 50, tolerance: 0 });
  assertEquals([found.steps, [...found.x]], [0, [...start()]]);
});

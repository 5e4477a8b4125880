import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Rng } from "../../../lib/random.ts";
import { rng } from "../../../lib/random.ts";
import { viewOptions } from "../../../lib/views/options.ts";
import { viewParameters } from "../../../lib/views/parameters.ts";

const defaults = viewOptions.parse({});

/** A stream that gives these uniforms, and counts them. */
function scripted(uniforms: number[]): Rng & { drawn: number } {
  const stream = {
    ...rng(0),
    drawn: 0,
    uniform: () => uniforms[stream.drawn++] ?? 0.5,
  };
  return stream;
}

/** `n` views of a 96 × 96 image. */
function drawMany(n: number, options = defaults, height = 96, width = 96) {
  return Array.from({ length: n }, (_, i) => viewParameters(height, width, options, rng(5, i)));
}

/** Asserts that the mean of uniforms on [min, max] is within five standard errors. */
function assertUniform(values: number[], min: number, max: number) {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const error = (max - min) / Math.sqrt(12 * values.length);
  assert(values.every((v) => v >= min && v <= max));
  assertAlmostEquals(mean, (min + max) / 2, 5 * error);
  // The variance of the square of a centered uniform is (max − min)⁴/180.
  const variance = values.reduce((sum, v) => sum + (v - (min + max) / 2) ** 2, 0) / values.length;
  const spread = (max - min) ** 2;
  assertAlmostEquals(variance, spread / 12, 5 * spread / Math.sqrt(180 * values.length));
}

/** Asserts that `count` of `n` fits the probability within five standard errors. */
function assertRate(count: number, n: number, p: number) {
  assertAlmostEquals(count / n, p, 5 * Math.sqrt(p * (1 - p) / n));
}

Deno.test("each draw has its number, used or not", () => {
  const u = [0.4, 0.7, 0.25, 0.5, 0.75, 1 / 8, 0.999, 0.1, 0.3, 0.5, 0.5, 0.5, 0.25, 0.75];
  const stream = scripted(u);
  const drawn = viewParameters(100, 100, defaults, stream);
  assertEquals(stream.drawn, 14);
  const side = Math.round(Math.sqrt(0.54 * 100 * 100));
  assertEquals(drawn, {
    flip: true,
    jitter: {
      brightness: 0.6 + 0.25 * (1.4 - 0.6),
      contrast: 1,
      saturation: 0.6 + 0.75 * (1.4 - 0.6),
      hue: -0.1 + 0.2 / 8,
      order: ["hue", "saturation", "contrast", "brightness"],
    },
    grayscale: true,
    blurSigma: 0.1 + 0.5 * 1.9,
    crop: {
      height: side,
      width: side,
      top: Math.floor(0.25 * (101 - side)),
      left: Math.floor(0.75 * (101 - side)),
    },
  });
  const off = viewOptions.parse({ flip: 0, jitter: 0, grayscale: 0, blur: 0 });
  const plain = viewParameters(100, 100, off, scripted(u));
  assertEquals(plain.crop, drawn.crop);
  assertEquals([plain.flip, plain.jitter, plain.grayscale, plain.blurSigma], [
    false,
    null,
    false,
    null,
  ]);
});

Deno.test("a crop that does not fit is tried again with the next four draws", () => {
  const first = Array.from({ length: 10 }, () => 0.5);
  // All of the area at ratio 4/3 is wider than the image; the second try is a quarter of it.
  const stream = scripted([...first, 0.9999, 0.9999, 0, 0, (0.25 - 0.08) / 0.92, 0.5, 0, 0.999]);
  const { crop } = viewParameters(40, 40, defaults, stream);
  assertEquals(stream.drawn, 18);
  assertEquals(crop, { top: 0, left: 20, height: 20, width: 20 });
});

Deno.test("after ten tries the crop is the largest central box of an allowed ratio", () => {
  const whole = viewOptions.parse({ cropScaleMin: 1 });
  const box = (height: number, width: number) => {
    const stream = scripted([]);
    const { crop } = viewParameters(height, width, whole, stream);
    assertEquals(stream.drawn, 50);
    return crop;
  };
  assertEquals(box(10, 100), { top: 0, left: 43, height: 10, width: 13 });
  assertEquals(box(100, 10), { top: 43, left: 0, height: 13, width: 10 });
  // Within the ratios, yet no box of the whole area and ratio 1 fits.
  assertEquals(box(90, 100), { top: 0, left: 0, height: 90, width: 100 });
});

Deno.test("crops of any image lie within it", () => {
  for (const [height, width] of [[1, 1], [1, 7], [50, 2], [3, 3], [33, 96]]) {
    for (const { crop } of drawMany(200, defaults, height, width)) {
      assert(crop.height >= 1 && crop.width >= 1 && crop.top >= 0 && crop.left >= 0);
      assert(crop.top + crop.height <= height && crop.left + crop.width <= width);
    }
  }
});

Deno.test("the area of a crop is uniform and its ratio log-uniform where all tries fit", () => {
  const options = viewOptions.parse({ cropScaleMin: 0.1, cropScaleMax: 0.5 });
  // Images so large that rounding to pixels does not matter.
  const crops = drawMany(4000, options, 20000, 20000).map(({ crop }) => crop);
  assertUniform(crops.map(({ height, width }) => height * width / 4e8), 0.0999, 0.5001);
  const logs = crops.map(({ height, width }) => Math.log(width / height));
  assertUniform(logs, Math.log(0.7499), Math.log(1.3335));
  assertUniform(crops.map(({ top, height }) => top / (20000 - height)), 0, 1);
  assertUniform(crops.map(({ left, width }) => left / (20000 - width)), 0, 1);
});

Deno.test("flip, jitter, grayscale and blur happen at their rates", () => {
  const n = 4000;
  const views = drawMany(n);
  assertRate(views.filter((v) => v.flip).length, n, 0.5);
  assertRate(views.filter((v) => v.jitter).length, n, 0.8);
  assertRate(views.filter((v) => v.grayscale).length, n, 0.2);
  assertRate(views.filter((v) => v.blurSigma !== null).length, n, 0.5);
  assertRate(views.filter((v) => v.flip && v.grayscale).length, n, 0.1);
});

Deno.test("jitter factors, hue and sigma are uniform over torchvision's ranges", () => {
  const options = viewOptions.parse({ brightness: 1.5, saturation: 0.2 });
  const views = drawMany(4000, options);
  const jitters = views.flatMap(({ jitter }) => jitter ?? []);
  assertUniform(jitters.map((j) => j.brightness), 0, 2.5);
  assertUniform(jitters.map((j) => j.contrast), 0.6, 1.4);
  assertUniform(jitters.map((j) => j.saturation), 0.8, 1.2);
  assertUniform(jitters.map((j) => j.hue), -0.1, 0.1);
  assertUniform(views.flatMap(({ blurSigma }) => blurSigma ?? []), 0.1, 2);
});

Deno.test("the four jitter operations come in each of their 24 orders, equally often", () => {
  const n = 6000;
  const counts = new Map<string, number>();
  for (const { jitter } of drawMany(n, viewOptions.parse({ jitter: 1 }))) {
    const order = jitter!.order.join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assertEquals(counts.size, 24);
  for (const count of counts.values()) assertRate(count, n, 1 / 24);
});

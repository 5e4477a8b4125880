/**
 * The random draws of views beside torchvision's own, counted by tests/golden/view_distributions.py;
 * and that these tests tell a distribution that is a little wrong.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Rng, rng, STREAM } from "../../../lib/random.ts";
import { type CropBox, cropRule } from "../../../lib/views/crop_box.ts";
import { type ViewOptions, viewOptions } from "../../../lib/views/options.ts";
import { ORDERS, type ViewParameters, viewParameters } from "../../../lib/views/parameters.ts";
import golden from "../../golden/view_distributions.json" with { type: "json" };
import { chiSquare, dependence, kolmogorovSmirnov } from "../../support/two_sample.ts";

const defaults = viewOptions.parse({});
const SEEDS = [0, 7, 2 ** 40 + 3];

/** The streams of `count` views: of seeds, epochs, images and both views, as training has them. */
function streams(count: number): Rng[] {
  return Array.from({ length: count }, (_, n) => {
    const [seed, view, epoch] = [n % 3, Math.floor(n / 3) % 2, Math.floor(n / 6) % 10];
    return rng(SEEDS[seed], STREAM.views, epoch, Math.floor(n / 60), view);
  });
}

function draw(
  count: number,
  options: ViewOptions,
  [height, width]: readonly number[],
): ViewParameters[] {
  return streams(count).map((random) => viewParameters(height, width, options, random));
}

function same(statistic: number, what: string): void {
  assert(statistic < 1, `${what}: ${statistic} times the limit`);
}

function different(statistic: number, what: string): void {
  assert(statistic > 1, `${what} is not told from torchvision's: ${statistic} times the limit`);
}

type Crops = (typeof golden.crops)[number];

/** The statistics of boxes of one shape of image. */
function compareCrops(boxes: CropBox[], expected: Crops): Record<string, number> {
  const [height, width] = expected.shape;
  const { fallback } = cropRule(height, width, defaults);
  const cell = (value: number, size: number) => Math.floor(value * golden.cells / (size + 1));
  const count = (place: (box: CropBox) => [number, number]) => {
    const counts = new Array<number>(golden.cells ** 2).fill(0);
    for (const box of boxes) {
      const [row, column] = place(box);
      counts[row * golden.cells + column]++;
    }
    return counts;
  };
  const whole = boxes.filter((box) =>
    box.top === fallback.top && box.left === fallback.left &&
    box.height === fallback.height && box.width === fallback.width
  ).length;
  return {
    sides: chiSquare(
      count((box) => [cell(box.height, height), cell(box.width, width)]),
      expected.sides,
    ),
    rows: chiSquare(
      count((box) => [cell(box.height, height), cell(box.top, height)]),
      expected.rows,
    ),
    columns: chiSquare(
      count((box) => [cell(box.width, width), cell(box.left, width)]),
      expected.columns,
    ),
    fallback: chiSquare(
      [whole, boxes.length - whole],
      [expected.fallback, expected.draws - expected.fallback],
    ),
  };
}

Deno.test("boxes of crops are drawn as torchvision's, also where few tries fit", () => {
  for (const expected of golden.crops) {
    const [cropScaleMin, cropScaleMax] = expected.scale;
    const options = viewOptions.parse({ cropScaleMin, cropScaleMax });
    const boxes = draw(12_000, options, expected.shape).map(({ crop }) => crop);
    for (const [name, statistic] of Object.entries(compareCrops(boxes, expected))) {
      same(statistic, `${name} of [${expected.shape}]`);
    }
  }
});

Deno.test("where no try fits the box is torchvision's, halves rounded to even", () => {
  for (
    const { shape: [height, width], ratio: [cropRatioMin, cropRatioMax], box } of golden.fallbacks
  ) {
    const options = viewOptions.parse({ cropRatioMin, cropRatioMax });
    const what = `${height} × ${width}, ${cropRatioMin} to ${cropRatioMax}`;
    assertEquals(cropRule(height, width, options).fallback, box, what);
  }
});

/** Torchvision's get_params, with what it is to get wrong. */
function sampleCrop(random: Rng, height: number, width: number, {
  area = (u: number) => 0.08 + 0.92 * u,
  ratio = (u: number) => 0.75 * (16 / 9) ** u,
  place = (u: number, room: number) => Math.floor(u * room),
  tries = 10,
} = {}): CropBox {
  for (let t = 0; t < tries; t++) {
    const pixels = height * width * area(random.uniform());
    const r = ratio(random.uniform());
    const [h, w] = [Math.round(Math.sqrt(pixels / r)), Math.round(Math.sqrt(pixels * r))];
    if (h > 0 && h <= height && w > 0 && w <= width) {
      const [top, left] = [height - h, width - w].map((n) => place(random.uniform(), n + 1));
      return { top, left, height: h, width: w };
    }
  }
  return cropRule(height, width, defaults).fallback;
}

Deno.test("crops from a slightly different distribution are detected", () => {
  const compare = (k: number, wrong: Parameters<typeof sampleCrop>[3]) => {
    const expected = golden.crops[k];
    const [height, width] = expected.shape;
    const boxes = streams(12_000).map((random) => sampleCrop(random, height, width, wrong));
    return compareCrops(boxes, expected);
  };
  for (const [name, statistic] of Object.entries(compare(0, {}))) same(statistic, name);
  different(compare(0, { ratio: (u) => 0.75 + (4 / 3 - 0.75) * u }).sides, "a uniform ratio");
  different(compare(0, { area: (u) => 0.1 + 0.9 * u }).sides, "an area from 0.1");
  const side = (u: number) => (Math.sqrt(0.08) + (1 - Math.sqrt(0.08)) * u) ** 2;
  different(compare(0, { area: side }).sides, "a uniform side");
  const between = (u: number, room: number) => Math.round(u * (room - 1));
  different(compare(1, { place: between }).rows, "a place that is rounded");
  different(compare(0, { tries: 1 }).fallback, "one try");
  different(compare(4, { tries: 8 }).fallback, "eight tries");
});

Deno.test("area, ratio and place of large crops are distributed as torchvision's", () => {
  const { side, draws, quantiles } = golden.smooth;
  const crops = draw(20_000, defaults, [side, side]).map(({ crop }) => crop);
  const ours = {
    area: crops.map(({ height, width }) => height * width / side ** 2),
    logRatio: crops.map(({ height, width }) => Math.log(width / height)),
    top: crops.map(({ top, height }) => (top + 0.5) / (side - height + 1)),
    left: crops.map(({ left, width }) => (left + 0.5) / (side - width + 1)),
  };
  same(kolmogorovSmirnov(ours.area, quantiles.area, draws), "area");
  same(kolmogorovSmirnov(ours.logRatio, quantiles.logRatio, draws), "ratio");
  same(kolmogorovSmirnov(ours.top, quantiles.top, draws), "top");
  same(kolmogorovSmirnov(ours.left, quantiles.left, draws), "left");
  const uniform = ours.logRatio.map((log) => (log - Math.log(0.75)) / Math.log(16 / 9))
    .map((u) => Math.log(0.75 + (4 / 3 - 0.75) * u));
  different(kolmogorovSmirnov(uniform, quantiles.logRatio, draws), "a uniform ratio");
  const scaled = ours.area.map((area) => 0.11 + (area - 0.08) * 0.89 / 0.92);
  different(kolmogorovSmirnov(scaled, quantiles.area, draws), "an area from 0.11");
});

const drawn = draw(40_000, defaults, [32, 32]);
const jitters = drawn.flatMap(({ jitter }) => jitter ?? []);
const sigmas = drawn.flatMap(({ blurSigma }) => blurSigma ?? []);

Deno.test("factors, hue and sigma are distributed as torchvision's and the reference's", () => {
  const { draws, quantiles } = golden.jitter;
  for (const name of ["brightness", "contrast", "saturation", "hue"] as const) {
    const ours = jitters.map((jitter) => jitter[name]);
    same(kolmogorovSmirnov(ours, quantiles[name], draws), name);
  }
  const { blurred, quantiles: ofSigma } = golden.blur;
  same(kolmogorovSmirnov(sigmas, ofSigma, blurred), "sigma");

  const from = (low: number, high: number) =>
    streams(20_000).map((random) => low + (high - low) * random.uniform());
  different(
    kolmogorovSmirnov(from(1 / 1.4, 1.4), quantiles.brightness, draws),
    "a factor from 1/1.4",
  );
  different(kolmogorovSmirnov(from(0.63, 1.4), quantiles.contrast, draws), "a factor from 0.63");
  different(kolmogorovSmirnov(from(-0.09, 0.09), quantiles.hue, draws), "a hue within 0.09");
  different(kolmogorovSmirnov(from(0.1, 1.9), ofSigma, blurred), "a sigma to 1.9");
});

Deno.test("strengths above one reach down to zero, as torchvision's", () => {
  const { brightness, hue } = golden.jitter.ranges;
  const options = viewOptions.parse({ brightness: 1.5, hue: 0.5, jitter: 1 });
  const at = (u: number) => viewParameters(9, 9, options, { ...rng(0), uniform: () => u }).jitter!;
  [at(0), at(1 - 2 ** -24)].forEach((jitter, end) => {
    assertAlmostEquals(jitter.brightness, brightness[end], 1e-6);
    assertAlmostEquals(jitter.hue, hue[end], 1e-6);
  });
});

Deno.test("the orders of the jitter come as often as torchvision's", () => {
  const expected: Record<string, number> = golden.jitter.orders;
  const names = ORDERS.map((order) => order.join(" "));
  const count = (orders: readonly string[]) =>
    names.map((name) => orders.filter((order) => order === name).length);
  const ours = jitters.map(({ order }) => order.join(" "));
  const theirs = names.map((name) => expected[name]);
  same(chiSquare(count(ours), theirs), "orders");
  const without = ours.map((order) => order === names[5] ? names[6] : order);
  different(chiSquare(count(without), theirs), "one order for another");
});

Deno.test("flip, jitter, grayscale and blur are done as often as torchvision and the reference do", () => {
  const { rates: { draws, ...rates }, blur } = golden;
  const compare = (ours: number, theirs: number, of: number) =>
    chiSquare([ours, drawn.length - ours], [theirs, of - theirs]);
  const count = (test: (view: ViewParameters) => boolean) => drawn.filter(test).length;
  same(compare(count(({ flip }) => flip), rates.flip, draws), "flip");
  same(compare(count(({ jitter }) => jitter !== null), rates.jitter, draws), "jitter");
  same(compare(count(({ grayscale }) => grayscale), rates.grayscale, draws), "grayscale");
  const blurred = count(({ blurSigma }) => blurSigma !== null);
  same(compare(blurred, blur.blurred, blur.draws), "blur");
  different(compare(0.77 * drawn.length, rates.jitter, draws), "a jitter of 0.77");
  different(compare(0.53 * drawn.length, rates.flip, draws), "a flip of 0.53");
});

/** All that is drawn for a view, as numbers. */
function numbers(seed: number, epoch: number, index: number, view: number): number[] {
  const all = viewOptions.parse({ jitter: 1, blur: 1 });
  const random = rng(seed, STREAM.views, epoch, index, view);
  const { crop, flip, jitter, grayscale, blurSigma } = viewParameters(900, 900, all, random);
  const { brightness, contrast, saturation, hue, order } = jitter!;
  return [
    crop.height * crop.width,
    crop.width / crop.height,
    (crop.top + 0.5) / (901 - crop.height),
    (crop.left + 0.5) / (901 - crop.width),
    Number(flip),
    brightness,
    contrast,
    saturation,
    hue,
    ORDERS.findIndex((other) => other.join() === order.join()),
    Number(grayscale),
    blurSigma!,
  ];
}

/** The largest correlation of any two columns, one of each table. */
function largestCorrelation(a: number[][], b: number[][]): number {
  const standardized = (rows: number[][]) =>
    rows[0].map((_, c) => {
      const column = rows.map((row) => row[c]);
      const mean = column.reduce((x, y) => x + y) / column.length;
      const norm = Math.hypot(...column.map((x) => x - mean));
      return column.map((x) => (x - mean) / norm);
    });
  const [left, right] = [standardized(a), standardized(b)];
  return Math.max(
    ...left.flatMap((x) =>
      right.map((y) => Math.abs(x.reduce((sum, value, i) => sum + value * y[i], 0)))
    ),
  );
}

Deno.test("the views of an image, of its neighbors, of epochs and of seeds are independent", () => {
  const n = 3000;
  const table = (of: (i: number) => number[]) => Array.from({ length: n }, (_, i) => of(i));
  const base = table((i) => numbers(1, 5, 2 * i, 0));
  const others = {
    "the other view": table((i) => numbers(1, 5, 2 * i, 1)),
    "the next image": table((i) => numbers(1, 5, 2 * i + 1, 0)),
    "the next epoch": table((i) => numbers(1, 6, 2 * i, 0)),
    "the next seed": table((i) => numbers(2, 5, 2 * i, 0)),
    "the other view of the next image": table((i) => numbers(1, 5, 2 * i + 1, 1)),
  };
  const limit = 6 / Math.sqrt(n);
  for (const [what, other] of Object.entries(others)) {
    const correlation = largestCorrelation(base, other);
    assert(correlation < limit, `${what}: correlation ${correlation}`);
    base[0].forEach((_, c) => {
      const [a, b] = [base, other].map((rows) => rows.map((row) => row[c]));
      // What takes two values has no cells by rank.
      if (new Set(a).size > 2) same(dependence(a, b, 8), `${what}, draw ${c}`);
    });
  }
  // An area that one image in five shares, and a square: neither may pass.
  const shared = others["the other view"].map((row, i) =>
    i % 5 === 0 ? [base[i][0], ...row.slice(1)] : row
  );
  assert(largestCorrelation(base, shared) > limit);
  const centered = base.map((row) => row[8]);
  different(dependence(centered, centered.map((x) => x * x), 8), "a square");
});

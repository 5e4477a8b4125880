import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { PluginError } from "../../../lib/errors.ts";
import { rng, STREAM } from "../../../lib/random.ts";
import { augment } from "../../../lib/views/augment.ts";
import { blurKernelSize } from "../../../lib/views/blur.ts";
import { normalize } from "../../../lib/views/normalize.ts";
import { viewOptions } from "../../../lib/views/options.ts";
import { viewParameters } from "../../../lib/views/parameters.ts";
import golden from "../../golden/views.json" with { type: "json" };
import { assertClose, smoothImage, testImage, toImage, view } from "./oracle.ts";

const key = { seed: 1, epoch: 2, view: 0 };
const strong = viewOptions.parse({
  cropSize: 11,
  jitter: 1,
  brightness: 0.8,
  contrast: 0.8,
  saturation: 0.8,
  hue: 0.4,
  blur: 0.7,
  blurKernel: 5,
});
const off = {
  cropScaleMin: 1,
  cropRatioMin: 1,
  cropRatioMax: 1,
  flip: 0,
  jitter: 0,
  grayscale: 0,
  blur: 0,
};

/** `n` different images of a shape. */
function images(n: number, shape: number[]) {
  const length = n * shape[0] * shape[1] * shape[2];
  return testImage(1, length, 1).map((v, i) => v ^ (i * 31 >> 4));
}

Deno.test("a view is its drawn parameters applied one after the other", () => {
  for (const shape of [[13, 9, 3], [7, 21, 1], [8, 8, 4], [1, 1, 3]]) {
    const [height, width, channels] = shape;
    const n = 12;
    const bytes = images(n, shape);
    const floats = Float32Array.from(bytes, (v) => v / 100 - 1);
    const indices = Array.from({ length: n }, (_, i) => 100 + 7 * i);
    for (const options of [strong, viewOptions.parse({ cropSize: 12 })]) {
      const size = options.cropSize;
      for (const examples of [bytes, floats]) {
        const isBytes = examples instanceof Uint8Array;
        const actual = augment(examples, shape, indices, key, options, [0.4], [0.2]);
        const expected = indices.flatMap((index, i) => {
          const random = rng(key.seed, STREAM.views, key.epoch, index, key.view);
          const drawn = viewParameters(height, width, options, random);
          const one = examples.slice(i * height * width * channels);
          const image = toImage(one, height, width, channels, isBytes ? 255 : 1);
          return view(image, drawn, size, blurKernelSize(options.blurKernel, size), isBytes).flat(
            2,
          );
        });
        assertClose(actual, expected.map((v) => (v - 0.4) / 0.2), 2e-5, `${shape}`);
      }
    }
  }
});

Deno.test("a view depends on seed, epoch, index and view, not on the batch it is made in", () => {
  const shape = [10, 12, 3];
  const size = 10 * 12 * 3;
  const batch = images(4, shape);
  const make = (rows: number[], indices: number[], with_ = {}) => {
    const examples = new Uint8Array(rows.length * size);
    rows.forEach((row, i) => examples.set(batch.subarray(row * size, (row + 1) * size), i * size));
    return augment(examples, shape, indices, { ...key, ...with_ }, strong, [0.5], [0.5]);
  };
  const length = 11 * 11 * 3;
  const all = make([0, 1, 2, 3], [40, 50, 60, 70]);
  assertEquals(make([2], [60]), all.slice(2 * length, 3 * length));
  assertEquals(
    make([3, 2, 0], [70, 60, 40]).slice(length, 2 * length),
    all.slice(2 * length, 3 * length),
  );
  const alone = make([2], [60]);
  assertNotEquals(make([2], [61]), alone);
  assertNotEquals(make([2], [60], { view: 1 }), alone);
  assertNotEquals(make([2], [60], { epoch: 3 }), alone);
  assertNotEquals(make([2], [60], { seed: 2 }), alone);
});

Deno.test("with everything off a view is exactly the normalized image", () => {
  const mean = [0.49, 0.48, 0.44];
  const std = [0.2, 0.19, 0.21];
  for (const size of [1, 7, 16]) {
    const shape = [size, size, 3];
    const options = viewOptions.parse({ ...off, cropSize: size });
    const still = { ...options, jitter: 1, brightness: 0, contrast: 0, saturation: 0, hue: 0 };
    const bytes = images(3, shape);
    for (const examples of [bytes, Float32Array.from(bytes, (v) => v / 7)]) {
      const expected = normalize(examples, shape, mean, std);
      assertEquals(augment(examples, shape, [0, 1, 2], key, options, mean, std), expected);
      assertEquals(augment(examples, shape, [0, 1, 2], key, still, mean, std), expected);
    }
  }
});

Deno.test("grayscale leaves three equal channels, and images of one channel alone", () => {
  const options = viewOptions.parse({ ...off, cropSize: 6, grayscale: 1 });
  const rgb = augment(images(2, [6, 6, 3]), [6, 6, 3], [0, 1], key, options, [0], [1]);
  for (let i = 0; i < rgb.length; i += 3) {
    assertClose(rgb.subarray(i, i + 3), [rgb[i], rgb[i], rgb[i]], 0);
  }
  const single = images(2, [6, 6, 1]);
  assertEquals(
    augment(single, [6, 6, 1], [0, 1], key, options, [0], [1]),
    normalize(single, [6, 6, 1], [0], [1]),
  );
});

Deno.test("an empty batch has no views, and the examples are left as they were", () => {
  assertEquals(augment(new Uint8Array(0), [4, 4, 3], [], key, strong, [0], [1]).length, 0);
  const bytes = images(2, [9, 9, 3]);
  const before = bytes.slice();
  const views = augment(bytes, [9, 9, 3], [0, 1], key, strong, [0], [1]);
  assertEquals(bytes, before);
  assert(views.every((v) => v >= 0 && v <= 1 + 1e-6));
});

Deno.test("augment refuses what is no batch of images", () => {
  const refuses = (
    message: string,
    examples: Uint8Array,
    shape: number[],
    n: number,
    mean = [0],
  ) => {
    const indices = Array.from({ length: n }, (_, i) => i);
    const error = assertThrows(
      () => augment(examples, shape, indices, key, strong, mean, [1]),
      PluginError,
    );
    assertStringIncludes(error.message, message);
  };
  refuses("2 examples of shape [4, 4, 3] must be 96 values", new Uint8Array(48), [4, 4, 3], 2);
  refuses("[height, width, channels]", new Uint8Array(16), [16], 1);
  refuses("[height, width, channels]", new Uint8Array(0), [0, 4, 1], 1);
  refuses("mean must be 1 or 3 numbers", new Uint8Array(48), [4, 4, 3], 1, [0, 0]);
});

Deno.test("whole views are torchvision's, drawn from the same stream and applied in its order", () => {
  for (const { shape, seed, epoch, rows, indices, mean, std, ...expected } of golden.pipeline) {
    const options = viewOptions.parse(expected.options);
    expected.views.forEach((images, number) =>
      images.forEach(({ drawn, tensor, bytes }, i) => {
        const what = `[${shape}], index ${indices[i]}, view ${number}`;
        const random = rng(seed, STREAM.views, epoch, indices[i], number);
        const ours = viewParameters(shape[0], shape[1], options, random);
        assertEquals(rounded(ours), rounded(drawn), what);

        const image = smoothImage(shape[0], shape[1], shape[2]);
        const key = { seed, epoch, view: number };
        const view = augment(image, shape, [indices[i]], key, options, mean, std);
        const actual = pickRows(view, options.cropSize * shape[2], rows);
        // Eight roundings to float32, over the standard deviation; the golden has six decimals.
        assertClose(actual, tensor, 5e-7 / Math.min(...std) + 5e-7, what);

        // The reference rounds to bytes after each operation: half a level down on average for each
        // of three blends, about one level for the hue, and half a level for the others.
        const levels = actual.map((v, k) => 255 * (v * std[k % shape[2]] + mean[k % shape[2]]));
        const errors = levels.map((v, k) => Math.abs(v - bytes[k]));
        const average = errors.reduce((a, b) => a + b) / errors.length;
        assert(average < 3, `${what}: ${average} levels from Pillow's on average`);
      })
    );
  }
});

/** Rows of an image, one after the other. */
function pickRows(image: Float32Array, length: number, rows: number[]): number[] {
  return rows.flatMap((row) => Array.from(image.subarray(row * length, (row + 1) * length)));
}

/** The numbers of a tree to 12 decimals. */
function rounded(tree: unknown): unknown {
  const round = (_: string, v: unknown) => typeof v === "number" ? Number(v.toFixed(12)) : v;
  return JSON.parse(JSON.stringify(tree, round));
}

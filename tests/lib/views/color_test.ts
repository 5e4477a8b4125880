import { assertEquals } from "@std/assert";
import * as color from "../../../lib/views/augment.ts";
import { ORDERS } from "../../../lib/views/parameters.ts";
import golden from "../../golden/views.json" with { type: "json" };
import * as oracle from "./oracle.ts";

/** Applies an operation to a copy. */
function run(values: Float32Array, channels: number, operation: string, amount: number) {
  const image = values.slice();
  if (operation === "brightness") color.adjustBrightness(image, amount);
  else if (operation === "contrast") color.adjustContrast(image, channels, amount);
  else if (operation === "saturation") color.adjustSaturation(image, amount);
  else if (operation === "hue") color.adjustHue(image, amount);
  else throw new Error(operation);
  return image;
}

const pixels = (height: number, width: number, channels: number) =>
  Float32Array.from(oracle.testImage(height, width, channels), (v) => v / 255);

const images: Record<string, [bytes: Uint8Array, channels: number]> = {
  palette: [oracle.palette(), 3],
  rgb: [oracle.testImage(6, 6, 3), 3],
  single: [oracle.testImage(6, 6, 1), 1],
};

Deno.test("the color operations are torchvision's, also of grays, pure colors and half a turn", () => {
  for (const { image, operation, amount, tensor } of golden.color) {
    const [bytes, channels] = images[image];
    const actual = run(Float32Array.from(bytes, (v) => v / 255), channels, operation, amount);
    oracle.assertClose(actual, tensor, 1e-6, `${operation} ${amount} of ${image}`);
  }
});

Deno.test("the color operations are Pillow's up to its rounding to bytes", () => {
  for (const { image, operation, amount, bytes: expected } of golden.color) {
    const [bytes, channels] = images[image];
    const actual = run(Float32Array.from(bytes, (v) => v / 255), channels, operation, amount);
    // A blend is truncated; what it is blended with is a rounded gray, or a rounded mean of those.
    // The hue is truncated to 1/255 turns, so are its shift and the wrap: 6 levels each, at most;
    // and the saturation is: one level.
    const tolerance = operation === "hue" ? 3 * 6 + 2 : 1 + Math.abs(1 - amount) + 1e-3;
    const levels = Array.from(actual, (v) => v * 255);
    oracle.assertClose(levels, expected, tolerance, `${operation} ${amount} of ${image}`);
  }
});

Deno.test("the jitter's operations in each of their 24 orders are torchvision's", () => {
  const amounts: Record<string, number> = golden.jitter.amounts;
  const results = new Set<string>();
  for (const { order, tensor } of golden.jitter.orders) {
    let actual = pixels(3, 4, 3);
    for (const operation of order) actual = run(actual, 3, operation, amounts[operation]);
    oracle.assertClose(actual, tensor, 2e-6, order.join());
    results.add(tensor.join());
  }
  assertEquals(golden.jitter.orders.map(({ order }) => order.join()), ORDERS.map((o) => o.join()));
  // Or a wrong order could pass for another one.
  assertEquals(results.size, 24);
});

Deno.test("the color operations equal their float64 formulas", () => {
  const amounts = {
    brightness: [0, 0.6, 1, 1.4, 3],
    contrast: [0, 0.6, 1, 1.4, 3],
    saturation: [0, 0.6, 1, 1.4, 3],
    hue: [-0.5, -0.1, 0, 0.1, 1 / 3, 0.5],
  };
  for (const [height, width] of [[1, 1], [7, 5], [16, 16]]) {
    const values = pixels(height, width, 3);
    const image = oracle.toImage(values, height, width, 3);
    for (const [operation, list] of Object.entries(amounts)) {
      for (const amount of list) {
        const expected = oracle.color(image, operation, amount).flat(2);
        oracle.assertClose(run(values, 3, operation, amount), expected, 1e-6, operation + amount);
      }
    }
  }
});

Deno.test("contrast turns about the mean of all values where there are not three channels", () => {
  for (const channels of [1, 2, 5]) {
    const values = pixels(4, 5, channels);
    const image = oracle.toImage(values, 4, 5, channels);
    const expected = oracle.color(image, "contrast", 0.3).flat(2);
    oracle.assertClose(run(values, channels, "contrast", 0.3), expected, 1e-6);
  }
});

Deno.test("gray, black and white pixels and primary colors turn as they should", () => {
  const turn = (rgb: number[], shift: number) =>
    Array.from(run(Float32Array.from(rgb), 3, "hue", shift), (v) => Math.round(v * 1e6) / 1e6);
  assertEquals(turn([0.25, 0.25, 0.25, 0, 0, 0, 1, 1, 1], 0.3), [.25, .25, .25, 0, 0, 0, 1, 1, 1]);
  assertEquals(turn([1, 0, 0], 1 / 3), [0, 1, 0]);
  assertEquals(turn([1, 0, 0], -1 / 3), [0, 0, 1]);
  assertEquals(turn([1, 0, 0], 1 / 6), [1, 1, 0]);
  assertEquals(turn([0, 0, 1], 0.5), [1, 1, 0]);
});

Deno.test("factors of one and a turn of zero change nothing, to the bit", () => {
  const values = pixels(9, 9, 3);
  assertEquals(run(values, 3, "brightness", 1), values);
  assertEquals(run(values, 3, "contrast", 1), values);
  assertEquals(run(values, 3, "saturation", 1), values);
  assertEquals(run(values, 3, "hue", 0), values);
});

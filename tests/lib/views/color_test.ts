import { assertEquals } from "@std/assert";
import * as color from "../../../lib/views/color.ts";
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

Deno.test("the colour operations are torchvision's on tensors", () => {
  for (const { operation, channels, factor, result } of golden.color) {
    // torchvision's grey has 0.2989 for red on tensors, 0.299 on Pillow images as here.
    const tolerance = ["contrast", "saturation"].includes(operation) ? 1.1e-4 : 1e-6;
    const actual = run(pixels(6, 6, channels), channels, operation, factor);
    oracle.assertClose(actual, result, tolerance, `${operation} ${factor}`);
  }
});

Deno.test("the colour operations equal their float64 formulas", () => {
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

Deno.test("grey, black and white pixels and primary colours turn as they should", () => {
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

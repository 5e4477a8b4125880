import { assertEquals } from "@std/assert";
import { blurKernelSize, gaussianBlurrer } from "../../../lib/views/blur.ts";
import opencv from "../../golden/opencv_blur.json" with { type: "json" };
import golden from "../../golden/views.json" with { type: "json" };
import * as oracle from "./oracle.ts";

const pixels = (size: number, channels: number) =>
  Float32Array.from(oracle.testImage(size, size, channels), (v) => v / 255);

Deno.test("the blur is torchvision's", () => {
  for (const { kernel, sigma, tensor } of golden.blur) {
    const image = pixels(6, 3);
    gaussianBlurrer(6, 3, kernel)(image, sigma);
    oracle.assertClose(image, tensor, 1e-6, `${kernel} ${sigma}`);
  }
});

Deno.test("the blur is OpenCV's, the reference's, up to its rounding to bytes", () => {
  for (const { kernel, sigma, tensor, bytes } of opencv.blur) {
    const image = pixels(6, 3);
    gaussianBlurrer(6, 3, kernel)(image, sigma);
    const what = `${kernel} ${sigma}`;
    oracle.assertClose(image, tensor, 1e-6, what);
    // For bytes OpenCV rounds the weights to 8 bits, which is a level at most in each pass.
    oracle.assertClose(Array.from(image, (v) => 255 * v), bytes, 2.5, what);
  }
});

Deno.test("the blur equals a direct two-dimensional convolution, also of images below its width", () => {
  for (
    const [size, channels, kernel] of [[1, 3, 3], [2, 1, 7], [3, 2, 9], [8, 3, 1], [11, 1, 5]]
  ) {
    const blur = gaussianBlurrer(size, channels, kernel);
    for (const sigma of [0.1, 0.8, 2]) {
      const image = pixels(size, channels);
      const exact = oracle.blur(oracle.toImage(image, size, size, channels), kernel, sigma);
      blur(image, sigma);
      oracle.assertClose(image, exact.flat(2), 1e-6, `${size} ${kernel} ${sigma}`);
    }
  }
});

Deno.test("a kernel of 0 stands for a tenth of the crop's size, made odd", () => {
  assertEquals([32, 28, 8, 96, 224].map((size) => blurKernelSize(0, size)), [3, 3, 1, 9, 23]);
  assertEquals(blurKernelSize(5, 32), 5);
});

import { assertEquals } from "@std/assert";
import { resizedCropper } from "../../../lib/views/resize.ts";
import golden from "../../golden/views.json" with { type: "json" };
import { assertClose, resizedCrop, testImage, toImage } from "./oracle.ts";

function run(
  source: Uint8Array | Float32Array,
  shape: number[],
  box: { top: number; left: number; height: number; width: number },
  size: number,
  flip = false,
) {
  const target = new Float32Array(size * size * shape[2]);
  resizedCropper(shape, size)(source, 0, box, flip, target);
  return target;
}

Deno.test("crop, resize and flip are torchvision's on tensors, and Pillow's up to its rounding to bytes", () => {
  for (const { shape, box, size, flip, tensor, bytes } of golden.resize) {
    const [height, width, channels] = shape;
    const actual = run(testImage(height, width, channels), shape, box, size, flip);
    assertClose(actual, tensor, 1e-6, `${shape} → ${size}`);
    // Pillow rounds after each of the two passes.
    assertClose(Array.from(actual, (v) => v * 255), bytes, 1.01, `${shape} → ${size}`);
  }
});

Deno.test("resizedCrop equals the two-dimensional triangle filter at all kinds of sizes", () => {
  for (
    const [height, width, channels, size] of [
      [1, 1, 1, 1],
      [1, 1, 3, 4],
      [2, 5, 2, 3],
      [9, 4, 3, 7],
      [17, 31, 3, 5],
      [31, 17, 4, 8],
    ]
  ) {
    const shape = [height, width, channels];
    const bytes = testImage(height, width, channels);
    const boxes = [
      { top: 0, left: 0, height, width },
      { top: height >> 1, left: width >> 1, height: height - (height >> 1), width: 1 },
    ];
    for (const box of boxes) {
      const expected = resizedCrop(toImage(bytes, height, width, channels, 255), box, size);
      assertClose(run(bytes, shape, box, size), expected.flat(2), 1e-6, `${shape} → ${size}`);
      const mirrored = expected.map((row) => row.toReversed());
      assertClose(run(bytes, shape, box, size, true), mirrored.flat(2), 1e-6, "flipped");
    }
  }
});

Deno.test("one resizer serves boxes of different sizes, and floats keep their scale", () => {
  const resize = resizedCropper([12, 12, 1], 6);
  const values = Float32Array.from(testImage(12, 12, 1), (v) => 100 - v);
  const image = toImage(values, 12, 12, 1);
  const target = new Float32Array(36);
  for (
    const box of [
      { top: 0, left: 0, height: 12, width: 12 },
      { top: 3, left: 5, height: 2, width: 3 },
      { top: 1, left: 0, height: 11, width: 9 },
    ]
  ) {
    resize(values, 0, box, false, target);
    assertClose(target, resizedCrop(image, box, 6).flat(2), 1e-4);
  }
});

Deno.test("a crop of the output's own size is copied exactly", () => {
  const bytes = testImage(8, 9, 3);
  const actual = run(bytes, [8, 9, 3], { top: 1, left: 2, height: 7, width: 7 }, 7);
  const expected = toImage(bytes, 8, 9, 3, 255).slice(1).map((row) => row.slice(2));
  assertEquals(actual, Float32Array.from(expected.flat(2)));
});

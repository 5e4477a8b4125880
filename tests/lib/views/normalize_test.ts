import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { PluginError } from "../../../lib/errors.ts";
import { normalize } from "../../../lib/views/normalize.ts";
import { assertClose } from "./oracle.ts";

Deno.test("bytes are scaled to 0–1, then normalized per channel", () => {
  const actual = normalize(Uint8Array.of(0, 51, 255, 102, 0, 255), [1, 1, 3], [0.5, 0.2, 0], [
    0.5,
    0.1,
    2,
  ]);
  assertClose(actual, [-1, 0, 0.5, -0.2, -2, 0.5], 1e-6);
});

Deno.test("floats are normalized as they are, of any shape, by one number or one per channel", () => {
  const floats = Float32Array.of(1, 2, 3, 4);
  assertEquals(normalize(floats, [2], [1], [2]), Float32Array.of(0, 0.5, 1, 1.5));
  assertEquals(normalize(floats, [2, 2], [1, 0], [2, 4]), Float32Array.of(0, 0.5, 1, 1));
  assertEquals(floats, Float32Array.of(1, 2, 3, 4));
  assertEquals(normalize(new Float32Array(0), [2, 2], [1], [1]).length, 0);
});

Deno.test("normalize refuses lengths that do not fit and moments that make no sense", () => {
  const refuses = (message: string, fn: () => unknown) => {
    assertStringIncludes(assertThrows(fn, PluginError).message, message);
  };
  const one = new Uint8Array(12);
  refuses("shape [2, 2, 5]", () => normalize(one, [2, 2, 5], [0], [1]));
  refuses("mean must be 1 or 3 numbers", () => normalize(one, [2, 2, 3], [0, 1], [1]));
  refuses("std must be 1 or 3 numbers", () => normalize(one, [2, 2, 3], [0], [1, 0, 1]));
  refuses("mean must be", () => normalize(one, [2, 2, 3], [NaN], [1]));
  refuses("mean must be", () => normalize(one, [2, 2, 3], [], [1]));
});

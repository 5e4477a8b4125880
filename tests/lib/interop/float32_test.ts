import { assertEquals, assertStrictEquals } from "@std/assert";
import { toFloat32 } from "../../../lib/interop/torch_names.ts";
import type { Dtype, ElementArray } from "../../../lib/interop/named_array.ts";

const convert = (dtype: Dtype, data: ElementArray) =>
  toFloat32({ dtype, shape: [data.length], data });

Deno.test("float32 stays the array it is", () => {
  const data = new Float32Array([1, 2]);
  assertStrictEquals(convert("F32", data), data);
});

Deno.test("float64 is rounded to the nearest float32", () => {
  assertEquals(convert("F64", new Float64Array([0.1, 1e300])), new Float32Array([0.1, Infinity]));
});

Deno.test("float16 and bfloat16 are the numbers that their bits stand for", () => {
  const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x7e00);
  assertEquals(
    convert("F16", half),
    new Float32Array([1, -2, 65504, 2 ** -24, -0, Infinity, NaN]),
  );
  const brain = Uint16Array.of(0x3f80, 0xc000, 0x7f7f, 0x0001, 0x8000, 0xff80, 0x7fc0);
  assertEquals(
    convert("BF16", brain),
    new Float32Array([1, -2, (2 - 2 ** -7) * 2 ** 127, 2 ** -133, -0, -Infinity, NaN]),
  );
});

Deno.test("whole numbers are no floating-point numbers", () => {
  assertEquals(convert("I64", new BigInt64Array(1)), undefined);
  assertEquals(convert("U16", new Uint16Array(1)), undefined);
  assertEquals(convert("BOOL", new Uint8Array(1)), undefined);
});

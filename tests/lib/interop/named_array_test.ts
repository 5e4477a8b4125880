import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Dtype,
  DTYPES,
  elementBytes,
  elementCount,
  gather,
  holds,
  isDtype,
  permute,
  toElements,
} from "../../../lib/interop/named_array.ts";

/** `count` different elements. */
function elements(dtype: Dtype, count: number) {
  const bytes = new Uint8Array(count * elementBytes(dtype));
  for (let i = 0; i < bytes.length; i++) bytes[i] = 31 * i + (i >> 8);
  return toElements(dtype, bytes);
}

const dtypes = DTYPES.filter(isDtype);
const bits = (
  data: ArrayBufferView,
) => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];

Deno.test("bytes are elements in place where they are aligned, and a copy where not", () => {
  for (const dtype of dtypes) {
    const size = elementBytes(dtype);
    const bytes = new Uint8Array(4 * size + 1);
    const aligned = toElements(dtype, bytes.subarray(size, 3 * size));
    assert(holds(dtype, aligned));
    assertEquals([aligned.length, aligned.byteOffset], [2, size]);
    assertStrictEquals(aligned.buffer, bytes.buffer);
    const shifted = toElements(dtype, bytes.subarray(1, 1 + 2 * size));
    assertEquals([shifted.length, shifted.buffer === bytes.buffer], [2, size === 1]);
  }
});

Deno.test("a permuted tensor has each element where its indices lead, of every type", () => {
  const shape = [2, 3, 4, 5];
  const [x, y, z] = [60, 20, 5];
  for (const dtype of dtypes) {
    const data = elements(dtype, 120);
    const { shape: permuted, data: result } = permute({ dtype, shape, data }, [3, 2, 0, 1]);
    assertEquals(permuted, [5, 4, 2, 3]);
    assert(holds(dtype, result));
    const expected: number[] = [];
    const size = elementBytes(dtype);
    for (let d = 0; d < 5; d++) {
      for (let c = 0; c < 4; c++) {
        for (let a = 0; a < 2; a++) {
          for (let b = 0; b < 3; b++) {
            const from = a * x + b * y + c * z + d;
            expected.push(...bits(data).slice(from * size, (from + 1) * size));
          }
        }
      }
    }
    assertEquals(bits(result), expected, dtype);
  }
});

Deno.test("a permutation and its inverse give the tensor back", () => {
  const side = fc.integer({ min: 0, max: 4 });
  const arbitrary = fc.array(side, { maxLength: 4 }).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      axes: fc.shuffledSubarray(shape.map((_, axis) => axis), { minLength: shape.length }),
      dtype: fc.constantFrom(...dtypes),
    })
  );
  fc.assert(fc.property(arbitrary, ({ shape, axes, dtype }) => {
    const tensor = { dtype, shape, data: elements(dtype, elementCount(shape)) };
    const inverse = axes.map((_, axis) => axes.indexOf(axis));
    const { shape: found, data } = permute(permute(tensor, axes), inverse);
    assertEquals(found, shape);
    assertEquals(bits(data), bits(tensor.data));
  }));
});

Deno.test("elements are gathered by strides from an offset, and again and again by a stride of 0", () => {
  const data = elements("I16", 20);
  const of = (shape: number[], strides: number[], offset: number) =>
    [...gather("I16", data, { shape, strides, offset })].map((value) =>
      data.findIndex((other) => other === value)
    );
  assertEquals(of([2, 3], [10, 2], 1), [1, 3, 5, 11, 13, 15]);
  assertEquals(of([2, 2], [0, 1], 4), [4, 5, 4, 5]);
  assertEquals(of([], [], 7), [7]);
  assertEquals(of([0, 3], [1, 1], 7), []);
});

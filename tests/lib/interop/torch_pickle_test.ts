import { assertEquals, assertStrictEquals } from "@std/assert";
import { inOrder, toNamedArray, type TorchTensor } from "../../../lib/interop/torch_pickle.ts";

const view = (shape: number[], strides: number[]) => ({ shape, strides, offset: 0 });

Deno.test("elements follow one another by row-major strides; an axis of one may have any", () => {
  for (const [shape, strides] of [[[], []], [[5], [1]], [[2, 3], [3, 1]], [[2, 1, 3], [3, 7, 1]]]) {
    assertEquals(inOrder(view(shape, strides)), true);
  }
  assertEquals(inOrder(view([1, 4], [77, 1])), true);
  assertEquals(inOrder(view([3, 0], [5, 9])), true, "there are none");
  for (const [shape, strides] of [[[2, 2], [1, 2]], [[2], [0]], [[2], [2]], [[2, 3], [4, 1]]]) {
    assertEquals(inOrder(view(shape, strides)), false);
  }
});

Deno.test("a tensor in order is a view of its storage, any other a copy in order", () => {
  const elements = Float32Array.from({ length: 12 }, (_, i) => i);
  const tensor = (shape: number[], strides: number[]): TorchTensor => ({
    kind: "tensor",
    storage: { kind: "storage", key: "0", dtype: "F32", length: 12 },
    ...view(shape, strides),
    offset: 5,
  });
  const same = toNamedArray(tensor([2, 3], [3, 1]), elements).data;
  assertEquals([...same], [5, 6, 7, 8, 9, 10]);
  assertStrictEquals(same.buffer, elements.buffer);
  const turned = toNamedArray(tensor([3, 2], [1, 3]), elements).data;
  assertEquals([...turned], [5, 8, 6, 9, 7, 10]);
});

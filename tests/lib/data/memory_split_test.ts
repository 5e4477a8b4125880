import { assertEquals, assertThrows } from "@std/assert";
import { memorySplit } from "../../../lib/data/memory_split.ts";

Deno.test("a split in memory gives its examples in any order, and no others", () => {
  const split = memorySplit(Uint8Array.of(10, 11, 20, 21, 30, 31), Int32Array.of(2, 0, 1));
  assertEquals(split.length, 3);
  assertEquals(split.read([2, 0, 2]), Uint8Array.of(30, 31, 10, 11, 30, 31));
  assertThrows(() => split.read([3]), RangeError, "There is no example 3 among 3");
});

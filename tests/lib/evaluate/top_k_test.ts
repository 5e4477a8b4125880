import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { topK } from "../../../lib/evaluate/nearest.ts";

Deno.test("the k largest values come smallest first, of equal ones the lower index as the larger", () => {
  const few = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 60 });
  fc.assert(fc.property(few, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
    const values = Float32Array.from(list);
    const k = 1 + Math.floor(share * (list.length - 1));
    const falling = [...list.keys()].sort((a, b) => list[b] - list[a] || a - b);
    assertEquals([...topK(values, k)], falling.slice(0, k).reverse());
  }));
});

import { assertThrows } from "@std/assert";
import { checkIndex } from "../../../lib/data/memory_split.ts";

Deno.test("an index that is no example is a RangeError", () => {
  checkIndex(0, 3);
  checkIndex(2, 3);
  for (const bad of [3, -1, 0.5, NaN]) {
    assertThrows(() => checkIndex(bad, 3), RangeError, `There is no example ${bad} among 3`);
  }
});

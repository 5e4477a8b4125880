import { assert, assertEquals } from "@std/assert";
import { cells } from "../bench/support/measure.ts";
import { WORKS } from "../bench/support/works.ts";

const pair = (stock: number, ours: number) => ({
  stock: { wall: stock, cpu: stock },
  ours: { wall: ours, cpu: ours },
});

Deno.test("a bench says whether it meets its target, and how many times slower it is", () => {
  assertEquals(cells(pair(89, 243), 1).slice(2), ["0.37", "≥ 1", "missed: 2.7 times slower"]);
  assertEquals(cells(pair(89, 243), 1 / 3).at(-1), "missed: 2.7 times slower");
  assertEquals(cells(pair(300, 100), 5).slice(2), ["3.00", "≥ 5", "missed"]);
  assertEquals(cells(pair(500, 100), 5).slice(2), ["5.00", "≥ 5", "holds"]);
  assertEquals(cells(pair(89, 243)).slice(2), ["0.37", "", ""]);
  assert(WORKS.every(({ target = 1 }) => target >= 1), "a target is to be faster");
});

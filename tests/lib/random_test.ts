import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { rng, threefry2x32 } from "../../lib/random.ts";

Deno.test("threefry2x32 gives the known answers of Random123 (20 rounds)", () => {
  assertEquals(threefry2x32(0, 0, 0, 0), [0x6b200159, 0x99ba4efe]);
  assertEquals(threefry2x32(-1, -1, -1, -1), [0x1cb996fc, 0xbb002be7]);
  assertEquals(
    threefry2x32(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3),
    [0xc4923a9c, 0x483df7a0],
  );
});

Deno.test("rng depends on its path alone", () => {
  const draw = (...path: number[]) => {
    const stream = rng(7, ...path);
    return Array.from({ length: 5 }, () => stream.uint32());
  };
  assertEquals(draw(1, 2, 3), draw(1, 2, 3));
  assertNotEquals(draw(1, 2, 3), draw(1, 3, 2));
  assertNotEquals(draw(1, 2), draw(1, 2, 0));
});

Deno.test("rng.fold equals the longer path, whatever was drawn before", () => {
  const stream = rng(7, 1);
  stream.uniform();
  assertEquals(stream.fold(5).uint32(), rng(7, 1, 5).uint32());
});

Deno.test("rng tells seeds beyond 2^32 apart", () => {
  assertNotEquals(rng(1).uint32(), rng(1 + 2 ** 32).uint32());
});

Deno.test("uniform, normal and int have the moments of their distributions", () => {
  const stream = rng(3);
  const n = 20000;
  const uniform = Array.from({ length: n }, () => stream.uniform());
  const normal = Array.from({ length: n }, () => stream.normal());
  const mean = (xs: number[]) => xs.reduce((a, b) => a + b) / xs.length;
  assert(uniform.every((x) => x >= 0 && x < 1));
  // Bounds are five standard errors.
  assert(Math.abs(mean(uniform) - 0.5) < 5 * Math.sqrt(1 / 12 / n));
  assert(Math.abs(mean(normal)) < 5 / Math.sqrt(n));
  const m = mean(normal);
  assert(Math.abs(mean(normal.map((x) => (x - m) ** 2)) - 1) < 5 * Math.sqrt(2 / n));
  const counts = new Array(6).fill(0);
  for (let i = 0; i < n; i++) counts[stream.int(6)]++;
  assert(counts.every((count) => Math.abs(count - n / 6) < 5 * Math.sqrt(n / 6)));
});

Deno.test("permutation holds each index once", () => {
  const order = rng(11).permutation(1000);
  assertEquals([...order].sort((a, b) => a - b), Array.from({ length: 1000 }, (_, i) => i));
  assertNotEquals([...order], [...order].sort((a, b) => a - b));
});

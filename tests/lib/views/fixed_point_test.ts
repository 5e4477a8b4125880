import { assert, assertEquals } from "@std/assert";
import { rng } from "../../../lib/random.ts";
import { log2Fixed, mulHigh, ONE } from "../../../lib/views/crop_box.ts";

Deno.test("mulHigh is the upper word of the product", () => {
  const random = rng(1);
  const words = [0, 1, 0xffff, 0x10000, 0x80000000, 0xffffffff];
  for (let i = 0; i < 300; i++) words.push(random.uint32());
  for (const a of words) {
    const b = words[random.int(words.length)];
    assertEquals(mulHigh(a, b), Number(BigInt(a) * BigInt(b) >> 32n), `${a} · ${b}`);
  }
  assertEquals(mulHigh(0xffffffff, 0xffffffff), 0xfffffffe);
});

Deno.test("log2Fixed is exact for powers of two and else within a unit below", () => {
  for (let power = 0; power < 32; power++) assertEquals(log2Fixed(2 ** power), power * ONE);
  const random = rng(2);
  for (let i = 0; i < 1000; i++) {
    const x = 1 + random.int(2 ** (1 + i % 31));
    const error = Math.log2(x) * ONE - log2Fixed(x);
    assert(error > -1e-6 && error < 1.1, `${x}: ${error}`);
  }
});

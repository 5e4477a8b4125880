import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { classificationMetrics } from "../../../lib/evaluate/metrics.ts";
import { showMetrics } from "../../../lib/commands/probe.ts";

Deno.test("a classifier shows per-class accuracy and confusion, counts of the true class in a row", () => {
  const text = showMetrics({
    top1: 75,
    top5: 100,
    perClass: { cat: 50, dog: 100, bird: null },
    confusion: [[1, 1, 0], [0, 2, 0], [0, 0, 0]],
  });
  assertMatch(text, /^top-1 75\.00 % {3}top-5 100\.00 %$/m);
  assertMatch(text, /^0 cat +50\.0 +1 +1 +0$/m);
  assertMatch(text, /^2 bird +none +0 +0 +0$/m);
});

Deno.test("classes whose names are numbers keep their order", () => {
  const scores = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const metrics = classificationMetrics(scores, Int32Array.of(0, 1, 1), ["1", "10", "2"]);
  assertMatch(showMetrics({ ...metrics }), /^1 10 +50\.0 +0 +1 +1$/m);
});

Deno.test("many classes show no confusion, which no terminal is wide enough for", () => {
  const names = Array.from({ length: 20 }, (_, i) => `c${i}`);
  const text = showMetrics({
    top1: 5,
    top5: 25,
    perClass: Object.fromEntries(names.map((name) => [name, 5])),
    confusion: names.map(() => names.map(() => 1)),
  });
  assertMatch(text, /^c19 +5\.0$/m);
  assertStringIncludes(text, "--json gives it");
});

Deno.test("ten classes of long names fit 80 columns with their confusion", () => {
  const names = Array.from({ length: 10 }, (_, i) => `a class with a very long name ${i}`);
  const text = showMetrics({
    top1: 80,
    top5: 99,
    perClass: Object.fromEntries(names.map((name) => [name, 80])),
    confusion: names.map(() => names.map(() => 1000)),
  }, 80);
  assertMatch(text, /^9 a class +80\.0( +1000){10}$/m);
  for (const line of text.split("\n")) assert(line.length <= 80, line);
});

Deno.test("a probe of another kind shows its two numbers", () => {
  assertEquals(showMetrics({ top1: 1, top5: 2 }), "top-1 1.00 %   top-5 2.00 %");
});

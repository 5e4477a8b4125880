import { assert, assertEquals, assertMatch } from "@std/assert";
import { resultsTable } from "../../../lib/commands/compare.ts";

const scores = (knn: number, linear: number) => ({
  knn: { top1: knn, top5: 99 },
  linear: { top1: linear, top5: 99 },
});

Deno.test("a probe may have the name of what every object inherits", () => {
  const trained = { constructor: { top1: 50, top5: 90 } };
  const text = resultsTable({ device: "wasm", trained, pixels: {} }, 80);
  assertMatch(text, /trained encoder +50\.00 %\n/);
  assertMatch(text, /raw pixels +–/);
});

Deno.test("the table at the end says what training gained over the untrained encoder", () => {
  const results = {
    device: "wasm: WebAssembly",
    trained: scores(75.85, 81.7),
    untrained: scores(70.6, 82.5),
    pixels: { knn: { top1: 74.5, top5: 99 } },
  };
  assertEquals(resultsTable(results, 80).split("\n"), [
    "on the test split   knn top-1   linear top-1",
    "─────────────────   ─────────   ────────────",
    "trained encoder       75.85 %        81.70 %",
    "untrained encoder     70.60 %        82.50 %",
    "raw pixels            74.50 %              –",
    "gain by training      +5.25          −0.80",
  ]);
});

Deno.test("without baselines there is no gain to say", () => {
  const text = resultsTable({ device: "wasm", trained: scores(75.85, 81.7) }, 80);
  assert(!text.includes("gain"));
});

Deno.test("a probe with a long name fits 80 columns", () => {
  const name = "mahalanobis-distance-to-the-mean-of-each-class-with-a-shrunk-covariance-matrix";
  const all = { knn: { top1: 100, top5: 100 }, [name]: { top1: 100, top5: 100 } };
  const text = resultsTable({ device: "wasm", trained: all, untrained: all, pixels: all }, 80);
  for (const line of text.split("\n")) assert(line.length <= 80, line);
  assert(text.includes("untrained encoder"));
  assert(text.replaceAll(/\s/g, "").includes("mahalanobis"));
});

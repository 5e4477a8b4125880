import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import sharp from "sharp";
import { command as train } from "../../../lib/commands/train.ts";
import { resolveConfig } from "../../../lib/config.ts";
import { loadRegistry } from "../../../lib/registry.ts";
import { chooseBaseline } from "../../../lib/sweep/plan.ts";
import { sweepFigure } from "../../../lib/sweep/figure.ts";
import { markdown, type SweepReport, terminalTable } from "../../../lib/sweep/report.ts";
import type { Outcome } from "../../../lib/sweep/run_all.ts";
import { summarize } from "../../../lib/sweep/summary.ts";

const { factsOf } = await resolveConfig(train.spec, [], await loadRegistry());

/** kNN top-1 by arm and seed; undefined for a run that failed. */
const KNN: Record<string, (number | undefined)[]> = {
  "biased": [70, 71, 72],
  "debiased tau_plus=0.1": [71, 72.5, 73],
  "oracle": [75, undefined, 77],
};

/** A sweep with these numbers; the linear probe finds ten more. */
function report(seeds: number[], labels = Object.keys(KNN)): SweepReport {
  const arms = labels.map((label) => ({ treatment: label, setting: "", label, layers: [] }));
  const outcomes = seeds.flatMap((seed) =>
    arms.map((arm, a): Outcome => {
      const run = {
        arm,
        seed,
        folder: `sweeps/x/${a}-${seed}`,
        config: {
          dataset: "synthetic",
          objective: arm.label.split(" ")[0],
          seed,
          epochs: 2,
          // The sweep gives these to each run.
          out: "sweeps/x",
          baselines: a === 0,
        },
        factsOf,
        roles: {},
        references: a === 0,
      };
      const top1 = KNN[arm.label][seed];
      if (top1 === undefined) return { run, failure: "Cannot continue: the loss must be finite." };
      const scores = (knn: number) => ({
        knn: { top1: knn, top5: 99 },
        linear: { top1: knn + 10, top5: 99 },
      });
      return {
        run,
        result: {
          device: "wasm: WebAssembly",
          trained: scores(top1),
          ...(run.references && { untrained: scores(60 + seed), pixels: scores(50) }),
          steps: 8,
          seconds: 30,
          loss: 4,
          clampRate: a === 1 ? 0.125 : null,
          falseNegativeRate: 0.1 + 0.01 * seed,
        },
      };
    })
  );
  const baseline = chooseBaseline(arms);
  return {
    command: "deno task sweep --objective=biased,debiased,oracle",
    date: "2026-01-31",
    versions: "tauplus 0.1.0",
    processor: "a processor, 2 cores",
    ...summarize({ seeds, baseline, outcomes }),
  };
}

Deno.test("the table has mean ± deviation, paired differences with intervals and p, and rates", () => {
  const lines = terminalTable(report([0, 1, 2]), 110).split("\n");
  assertEquals(lines.slice(1, 8), [
    "arm                             knn             Δ      p        linear             Δ      p  clamp    FN",
    "─────────────────────  ────────────  ────────────  ─────  ────────────  ────────────  ─────  ─────  ────",
    "biased                 71.00 ± 1.00      baseline      –  81.00 ± 1.00      baseline      –      –  11.0",
    // t = 7 with 2 degrees of freedom: p = 0.0198; times the four differences.
    "debiased tau_plus=0.1  72.17 ± 1.04  +1.17 ± 0.72  0.079  82.17 ± 1.04  +1.17 ± 0.72  0.079   12.5  11.0",
    // Both differences are 5.
    "oracle (n = 2)         76.00 ± 1.41     +5.00 ± –      –  86.00 ± 1.41     +5.00 ± –      –      –  11.0",
    "untrained encoder      61.00 ± 1.00             –      –  71.00 ± 1.00             –      –      –     –",
    "raw pixels             50.00 ± 0.00             –      –  60.00 ± 0.00             –      –      –     –",
  ]);
  assert(lines.every((line) => line.length <= 110));
  const text = lines.join(" ");
  assertStringIncludes(
    text,
    "standard deviation over 3 seeds (0, 1, 2), which are all that varies",
  );
  assertStringIncludes(text, "adjusted by Holm for the number of differences here, 4.");
  assertStringIncludes(text, "–: one seed, or seeds whose differences are all equal, do not tell.");
});

Deno.test("in 90 columns the rates are in the page alone, in 80 each probe has a table", () => {
  const sweep = report([0, 1, 2]);
  const lines = terminalTable(sweep, 90).split("\n");
  assertEquals(lines.slice(1, 4), [
    "arm                            knn             Δ      p        linear             Δ      p",
    "────────────────────  ────────────  ────────────  ─────  ────────────  ────────────  ─────",
    "biased                71.00 ± 1.00      baseline      –  81.00 ± 1.00      baseline      –",
  ]);
  assert(!lines.join("\n").includes("FN"));
  assertStringIncludes(markdown(sweep), "| clamp | FN |");
  const narrow = terminalTable(sweep, 80).split("\n");
  assertEquals(narrow.filter((line) => / Δ /.test(line)), [
    "arm                             knn             Δ      p  clamp    FN",
    "arm                          linear             Δ      p  clamp    FN",
  ]);
  assertStringIncludes(narrow.join("\n"), "share of rows where the estimate");
  for (const line of [...lines, ...narrow]) assert(line.length <= 90, line);
  assert(narrow.every((line) => line.length <= 80));
});

Deno.test("pairs that are fewer than the arm's runs are counted, and what is small is not 0", () => {
  const sweep = report([0, 1, 2]);
  const [, , oracle] = sweep.arms;
  const difference = { n: 1, mean: 5, deviation: null, halfWidth: null, p: null, adjustedP: null };
  const small = { ...difference, n: 2, halfWidth: 0.0014, p: 1e-5, adjustedP: 4e-5 };
  const scores = {
    knn: { ...oracle.scores.knn, difference },
    linear: { ...oracle.scores.linear, difference: small },
  };
  const table = terminalTable({ ...sweep, arms: [{ ...oracle, scores }] }, 120);
  assertStringIncludes(table, "+5.00 ± – (n = 1)  –  86.00");
  assertStringIncludes(table, "+5.00 ± 0.001  <0.001");
});

Deno.test("one seed has a dash for what it does not tell, nowhere NaN", async () => {
  const sweep = report([0], ["biased", "debiased tau_plus=0.1"]);
  const table = terminalTable(sweep);
  assertStringIncludes(table, "71.00 ± –  +1.00 ± –");
  const svg = await sweepFigure(sweep);
  for (const text of [table, markdown(sweep), JSON.stringify(sweep), svg]) {
    assert(!/NaN|undefined|Infinity/.test(text), text);
  }
});

Deno.test("a difference that rounds to 0 has no minus sign", () => {
  const sweep = report([0, 1, 2]);
  const [, debiased] = sweep.arms;
  const tiny = { n: 3, mean: -0.001, deviation: 0.01, halfWidth: 0.02, p: 0.9, adjustedP: 1 };
  const scores = { ...debiased.scores, knn: { ...debiased.scores.knn, difference: tiny } };
  const table = terminalTable({ ...sweep, arms: [{ ...debiased, scores }] });
  assertStringIncludes(table, "+0.00 ± 0.02");
});

Deno.test("the JSON has what every run found, from which the rest can be computed again", () => {
  const { arms, config, comparisons } = JSON.parse(
    JSON.stringify(report([0, 1, 2])),
  ) as SweepReport;
  assertEquals(config, { dataset: "synthetic", epochs: 2 });
  assertEquals(arms.map(({ config }) => config), [
    { objective: "biased" },
    { objective: "debiased" },
    { objective: "oracle" },
  ]);
  const top1 = (arm: number) => arms[arm].runs.map(({ trained }) => trained!.knn.top1);
  const differences = top1(1).map((value, i) => value - top1(0)[i]);
  const mean = differences.reduce((sum, value) => sum + value) / 3;
  assertAlmostEquals(arms[1].scores.knn.difference!.mean, mean, 1e-12);
  assertEquals(arms[2].scores.knn.difference, {
    n: 2,
    mean: 5,
    deviation: 0,
    halfWidth: null,
    p: null,
    adjustedP: null,
  });
  const { p, adjustedP } = arms[1].scores.linear.difference!;
  assertAlmostEquals(p!, 1 - 7 / Math.sqrt(51), 1e-12); // Student's t of 7 in closed form
  assertEquals([adjustedP, comparisons], [4 * p!, 4]);
  assertEquals(arms[2].runs[1], {
    seed: 1,
    folder: "sweeps/x/2-1",
    failure: "Cannot continue: the loss must be finite.",
  });
});

Deno.test("the page has command, table, failures, device and shared options", () => {
  const page = markdown(report([0, 1, 2]));
  const table = page.split("\n").filter((line) => line.startsWith("|"));
  assertEquals(table.length, 2 + 5);
  assert(table.every((line) => line.split("|").length === 11), "as many cells in every row");
  for (
    const text of [
      "# Sweep over synthetic",
      "```sh\ndeno task sweep --objective=biased,debiased,oracle\n```",
      "| debiased tau_plus=0.1 | 72.17 ± 1.04 | +1.17 ± 0.72 | 0.079 |",
      "by Holm for the number of differences here, 4.",
      "](metrics.jsonl.gz)",
      "](sweep.svg)",
      "- oracle, seed 1: Cannot continue: the loss must be finite.",
      "- wasm: WebAssembly",
      "- 4 min of training in all",
      '"epochs": 2',
    ]
  ) {
    assertStringIncludes(page, text);
  }
});

Deno.test("the figure has every seed, every mean and its interval, and renders", async () => {
  const svg = await sweepFigure(report([0, 1, 2]));
  const count = (pattern: RegExp) => svg.match(pattern)?.length ?? 0;
  for (const text of ["debiased tau_plus=0.1", "untrained encoder", "raw pixels", "2026-01-31"]) {
    assertStringIncludes(svg, text);
  }
  // Two probes: 8 runs and 3 means; below, the differences of 5 pairs and 2 means.
  assertEquals(count(/#9db8d3/g), 2 * (8 + 5));
  const { width = 0, height = 0 } = await sharp(new TextEncoder().encode(svg)).metadata();
  assert(width > 500 && height > 500, `${width} × ${height}`);
});

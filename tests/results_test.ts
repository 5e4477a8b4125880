/**
 * The committed sweeps of docs/results against themselves, from the raw log of each run to the tables
 * of the pages that quote them: what cannot be computed again is not printed.
 */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { basename } from "node:path";
import { sweepFigure } from "../lib/sweep/figure.ts";
import type { SweepReport } from "../lib/sweep/report.ts";
import { markdown } from "../lib/sweep/report.ts";
import { estimate, pairedDifference } from "../lib/sweep/statistics.ts";
import type { ArmSummary } from "../lib/sweep/summary.ts";

const RESULTS = new URL("../docs/results/", import.meta.url);
const sweeps = Array.from(Deno.readDirSync(RESULTS), ({ name }) => name).sort();

const page = (path: string) => Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
const read = (path: string) => Deno.readTextFileSync(new URL(path, RESULTS));
const readSweep = (name: string): SweepReport => JSON.parse(read(`${name}/sweep.json`));

/** The logged steps of a run. */
function stepsOf(sweep: string, folder: string): Record<string, number>[] {
  const lines = read(`${sweep}/runs/${basename(folder)}.jsonl`).trim().split("\n");
  return lines.map((line) => JSON.parse(line)).filter((record) => "loss" in record);
}

const meanOf = (steps: Record<string, number>[], name: string) =>
  name in steps[0] ? steps.reduce((sum, step) => sum + step[name], 0) / steps.length : null;

const top1 = ({ runs }: ArmSummary, probe: string) =>
  new Map(runs.map(({ seed, trained }) => [seed, trained![probe].top1]));

for (const name of sweeps) {
  Deno.test(`page and figure of the sweep ${name} are those of its JSON`, async () => {
    const sweep = readSweep(name);
    assertEquals(read(`${name}/sweep.md`), markdown(sweep));
    assert(read(`${name}/sweep.svg`) === await sweepFigure(sweep), "the figure is another one");
    assertStringIncludes(sweep.command, `--seeds=${sweep.seeds.length}`);
  });

  Deno.test(`every run of the sweep ${name} is there with its raw metrics, and no other`, () => {
    const { arms, seeds } = readSweep(name);
    const runs = arms.flatMap((arm) => arm.runs);
    assertEquals(runs.length, arms.length * seeds.length);
    const files = Array.from(
      Deno.readDirSync(new URL(`${name}/runs/`, RESULTS)),
      (file) => file.name,
    );
    assertEquals(files.sort(), runs.map(({ folder }) => `${basename(folder)}.jsonl`).sort());
    for (const { folder, steps, loss, seconds, clampRate, falseNegativeRate } of runs) {
      const log = stepsOf(name, folder);
      const last = log.at(-1)!;
      assertEquals([last.step, last.loss, last.seconds], [steps, loss, seconds], folder);
      assertEquals(meanOf(log, "clamp_rate"), clampRate, folder);
      assertAlmostEquals(meanOf(log, "false_negative_rate")!, falseNegativeRate!, 1e-12);
    }
  });

  Deno.test(`means, deviations and intervals of the sweep ${name} are those of its runs`, () => {
    const { arms, probes } = readSweep(name);
    for (const arm of arms) {
      const other = arms.find(({ label }) => label === arm.baseline)!;
      for (const probe of probes) {
        const values = top1(arm, probe);
        const difference = arm === other ? null : pairedDifference(values, top1(other, probe));
        assertEquals(arm.scores[probe], { top1: estimate([...values.values()]), difference });
      }
    }
  });
}

/** Pages that quote a sweep: which, and how the header of their table begins. */
const QUOTED: Readonly<Record<string, readonly [sweep: string, header: string]>> = {
  "README.md": ["fashion-mini-20-seeds", "| fashion-mini, 12 epochs "],
  "docs/choosing-tau-plus.md": ["fashion-mini", "| arm "],
};

/** The cells of the rows of a table, by the name in the first one, without those that are empty. */
function tableOf(text: string, header: string): Map<string, string[]> {
  const lines = text.slice(text.indexOf(`\n${header}`) + 1).split("\n");
  const rows = lines.slice(2, lines.findIndex((line) => !line.startsWith("|")));
  return new Map(rows.map((row) => {
    const [name, ...cells] = row.split("|").slice(1, -1).map((cell) => cell.trim());
    return [name, cells.filter((cell) => !["", "–", "baseline"].includes(cell))];
  }));
}

/** `debiased, τ⁺ = 0.1` is `debiased tau_plus=0.1`; what explains a name is left out. */
const labelOf = (name: string) =>
  name.replace(/ \(.*\)$|: .*$/, "").replace(/, τ⁺ = /, " tau_plus=");

for (const [path, [name, header]] of Object.entries(QUOTED)) {
  Deno.test(`the table of ${path} is that of the sweep, and its command the sweep's`, () => {
    const text = page(path);
    assertStringIncludes(text, readSweep(name).command);
    const sweep = tableOf(read(`${name}/sweep.md`), "| arm ");
    const quoted = tableOf(text, header);
    assert(quoted.size >= 3, `${quoted.size} rows`);
    for (const [row, cells] of quoted) {
      const own = sweep.get(labelOf(row));
      assert(own, `${row} is no arm`);
      // A page may have the last of the probes alone.
      const scores = own.filter((cell) => cell.includes("±")).slice(-cells.length);
      assertEquals(cells, scores, row);
    }
  });
}

Deno.test("the page on false negatives has of each sweep what its table has", () => {
  const rows = tableOf(page("docs/false-negatives.md"), "| setting ");
  assert(rows.size >= 6, `${rows.size} rows`);
  for (const [setting, cells] of rows) {
    const [, name] = /\(results\/(.*)\/sweep\.md\)/.exec(setting)!;
    const arms = tableOf(read(`${name}/sweep.md`), "| arm ");
    const [falseShare, knn, linear, tauPlus, ...debiased] = cells;
    const own = arms.get(`debiased tau_plus=${tauPlus}`) ?? arms.get("debiased")!;
    const [, knnDelta, , linearDelta, clamped, falseRate] = own;
    assertEquals(debiased, [knnDelta, linearDelta, `${clamped} %`], setting);
    const [, oracleKnn, , oracleLinear] = arms.get("oracle")!;
    assertEquals([falseShare, knn, linear], [`${falseRate} %`, oracleKnn, oracleLinear], setting);
  }
});

Deno.test("what the pages say of oracle above debiased is the difference of their pairs", () => {
  const { arms } = readSweep("fashion-mini-20-seeds");
  const [debiased, oracle] = ["debiased", "oracle"].map((objective) =>
    top1(arms.find(({ label }) => label.startsWith(objective))!, "knn")
  );
  const { mean, halfWidth } = pairedDifference(oracle, debiased)!;
  const points = [mean, halfWidth!].map((value) => value.toFixed(2)).join(" ± ");
  for (const path of ["README.md", "docs/false-negatives.md"]) {
    assertStringIncludes(page(path), points);
  }
});

Deno.test("the README gives the paper's numbers as the paper's, and none that is not measured", () => {
  const rows = tableOf(page("README.md"), "| linear top-1, STL-10 ");
  assertEquals(Object.fromEntries(rows), {
    "biased": ["80.15", "not measured"],
    "debiased, τ⁺ = 0.05": ["81.85", "not measured"],
    "debiased, τ⁺ = 0.1": ["84.26", "not measured"],
  });
});

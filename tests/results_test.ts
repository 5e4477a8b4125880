/**
 * The committed sweeps of docs/results against themselves, from the log of all runs to the tables and
 * sentences of the pages that quote them: what cannot be computed again is not printed. Of figures
 * and wording nothing is asked here, so that neither vega nor a legend makes old results wrong.
 */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import loss from "../bench/results/loss.json" with { type: "json" };
import overCorrection from "../docs/over-correction.json" with { type: "json" };
import { tables, toy } from "../docs/over_correction.ts";
import { markdown, type SweepReport } from "../lib/sweep/report.ts";
import type { RunResult } from "../lib/sweep/run_all.ts";
import { type Estimate, estimate, holm, pairedDifference } from "../lib/sweep/statistics.ts";
import { compare, top1 } from "../lib/sweep/summary.ts";

const REPOSITORY = new URL("../", import.meta.url);
const RESULTS = new URL("docs/results/", REPOSITORY);
const sweeps = Array.from(Deno.readDirSync(RESULTS), ({ name }) => name).sort();

const page = (path: string) => Deno.readTextFileSync(new URL(path, REPOSITORY));
const read = (path: string) => Deno.readTextFileSync(new URL(path, RESULTS));
const readSweep = (name: string): SweepReport => JSON.parse(read(`${name}/sweep.json`));

/** What the log has of one run. */
interface Logged {
  readonly steps: Record<string, number>[];
  readonly found: Pick<RunResult, "device" | "trained" | "untrained" | "pixels">;
}

/** The log of a sweep, by `<arm>, <seed>` and the name of the run's folder. */
function readLog(name: string): Map<string, Logged> {
  const bytes = Deno.readFileSync(new URL(`${name}/metrics.jsonl.gz`, RESULTS));
  const lines = new TextDecoder().decode(gunzipSync(bytes)).trim().split("\n");
  const runs = new Map<string, Logged>();
  let steps: Record<string, number>[] = [];
  for (const line of lines) {
    const { run, arm, seed, ...rest } = JSON.parse(line);
    if (arm === undefined) {
      if ("loss" in rest) steps.push(rest);
      continue;
    }
    runs.set(`${arm}, ${seed}, ${run}`, { steps, found: rest });
    steps = [];
  }
  assertEquals(steps, [], "each log ends with what its run found");
  return runs;
}

function meanOf(steps: Record<string, number>[], name: string): number | null {
  return name in steps[0] ? steps.reduce((sum, step) => sum + step[name], 0) / steps.length : null;
}

/** The same but for the last digits, which are those of the machine. */
function assertNear(actual: unknown, expected: unknown, path = ""): void {
  if (typeof actual === "number" && typeof expected === "number") {
    assertAlmostEquals(actual, expected, 1e-9 * Math.max(1, Math.abs(expected)), path);
  } else if (actual && expected && typeof actual === "object" && typeof expected === "object") {
    assertEquals(Object.keys(actual).sort(), Object.keys(expected).sort(), path);
    for (const [key, value] of Object.entries(expected)) {
      assertNear(Object(actual)[key], value, `${path}.${key}`);
    }
  } else assertEquals(actual, expected, path);
}

for (const name of sweeps) {
  Deno.test(`every run of the sweep ${name} is in its log with its accuracies, and no other`, () => {
    const files = Array.from(Deno.readDirSync(new URL(`${name}/`, RESULTS)), ({ name }) => name);
    assertEquals(files.sort(), ["metrics.jsonl.gz", "sweep.json", "sweep.md", "sweep.svg"]);
    const { arms, seeds, references } = readSweep(name);
    const log = readLog(name);
    const runs = arms.flatMap((arm) => arm.runs.map((run) => ({ ...run, arm: arm.label })));
    assertEquals(runs.length, arms.length * seeds.length);
    const key = ({ arm, seed, folder }: typeof runs[0]) => `${arm}, ${seed}, ${basename(folder)}`;
    assertEquals([...log.keys()].sort(), runs.map(key).sort());
    for (const { arm: _, seed: _seed, folder: _folder, ...run } of runs) {
      const { steps, found } = log.get(key({ arm: _, seed: _seed, folder: _folder, ...run }))!;
      const { step, loss, seconds } = steps.at(-1)!;
      const rates = {
        clampRate: meanOf(steps, "clamp_rate"),
        falseNegativeRate: meanOf(steps, "false_negative_rate"),
      };
      assertNear({ ...run }, { ...found, steps: step, loss, seconds, ...rates });
    }
    const all = [...log.values()].map(({ found }) => found);
    for (const { label, scores } of references) {
      const kind = label.startsWith("raw pixels") ? "pixels" : "untrained";
      for (const [probe, score] of Object.entries(scores)) {
        assertNear(
          estimate(all.flatMap((found) => found[kind]?.[probe]?.top1 ?? [])),
          score,
          label,
        );
      }
    }
  });

  Deno.test(`what the sweep ${name} says, in its JSON and its page, is what its runs say`, () => {
    const sweep = readSweep(name);
    const again = compare(sweep.arms, sweep.probes);
    assertNear(again.arms.map(({ scores }) => scores), sweep.arms.map(({ scores }) => scores));
    assertEquals(again.comparisons, sweep.comparisons);
    for (const arm of sweep.arms) {
      for (const rate of ["clampRate", "falseNegativeRate"] as const) {
        assertNear(estimate(arm.runs.flatMap((run) => run[rate] ?? [])), arm[rate], arm.label);
      }
    }
    const printed = read(`${name}/sweep.md`);
    assertEquals(tableOf(printed, "| arm "), tableOf(markdown(sweep), "| arm "));
    assertStringIncludes(printed, `\n${sweep.command}\n`);
    assertStringIncludes(printed, `differences here, ${sweep.comparisons}.`);
    assertStringIncludes(sweep.command, `--seeds=${sweep.seeds.length}`);
    assertStringIncludes(read(`${name}/sweep.svg`), `one of ${sweep.seeds.length} seeds`);
  });
}

/** The rows of a table by the name in the first cell; cells by their columns, in order. */
function tableOf(text: string, header: string): Map<string, string[]> {
  const lines = text.slice(text.indexOf(`\n${header}`) + 1).split("\n");
  const rows = lines.slice(2, lines.findIndex((line) => !line.startsWith("|")));
  return new Map(rows.map((row) => {
    const [name, ...cells] = row.split("|").slice(1, -1).map((cell) => cell.trim());
    return [name, cells];
  }));
}

/** The columns of a sweep's table with two probes. */
const COLUMNS = ["knn", "knn Δ", "knn p", "linear", "linear Δ", "linear p", "clamp", "FN"] as const;
type Cells = Readonly<Record<typeof COLUMNS[number], string>>;

/** What the table of a sweep has of an arm. */
function cellsOf(sweep: string, arm: string): Cells {
  const cells = tableOf(read(`${sweep}/sweep.md`), "| arm ").get(arm);
  assert(cells, `${arm} is no arm of ${sweep}`);
  return Object.fromEntries(COLUMNS.map((column, i) => [column, cells[i]])) as Cells;
}

/** A table of a page: the sweep it quotes, how its header begins, and what its columns are. */
interface Quoted {
  readonly path: string;
  readonly sweep: string;
  readonly header: string;
  /** From the second on. */
  readonly columns: readonly (keyof Cells)[];
}

const QUOTED: readonly Quoted[] = [
  {
    path: "README.md",
    sweep: "fashion-mini-20-seeds",
    header: "| fashion-mini, 12 epochs ",
    columns: ["knn", "knn Δ", "knn p", "linear", "linear Δ", "linear p"],
  },
  {
    path: "docs/choosing-tau-plus.md",
    sweep: "tau-plus",
    header: "| τ⁺ ",
    columns: ["clamp", "linear Δ", "linear p"],
  },
  {
    path: "docs/over-correction.md",
    sweep: "five-classes-t1-class-mean",
    header: "| loss  ",
    columns: ["knn", "knn Δ", "knn p", "linear", "linear Δ", "linear p"],
  },
];

/** `0.1` and `debiased, τ⁺ = 0.1` are `debiased tau_plus=0.1`; what explains a name is left out. */
function labelOf(name: string): string {
  const label = name.replace(/ \(.*\)$/, "").replace(/, τ⁺ = /, " tau_plus=");
  return /^[\d.]+$/.test(label) ? `debiased tau_plus=${label}` : label;
}

for (const { path, sweep, header, columns } of QUOTED) {
  Deno.test(`the table of ${path} is that of the sweep ${sweep}, and its command the sweep's`, () => {
    const text = page(path);
    assertStringIncludes(text, readSweep(sweep).command);
    const quoted = tableOf(text, header);
    assert(quoted.size >= 3, `${quoted.size} rows`);
    for (const [row, cells] of quoted) {
      const own = cellsOf(sweep, labelOf(row));
      const expected = columns.map((column) =>
        own[column] === "baseline" || own["knn Δ"] === "baseline" && / p$/.test(column)
          ? ""
          : column === "clamp"
          ? `${own.clamp} %`
          : own[column]
      );
      assertEquals(cells, expected, row);
    }
  });
}

Deno.test("the page on false negatives has of each sweep what its table has", () => {
  const rows = tableOf(page("docs/false-negatives.md"), "| setting ");
  const { size } = sweeps.filter((name) => !/tau-plus|class-mean/.test(name)) && rows;
  assert(size >= 9, `${size} rows`);
  for (
    const [setting, [seeds, comparisons, falseShare, knn, linear, tauPlus, ...debiased]] of rows
  ) {
    const [, name] = /\(results\/(.*)\/sweep\.md\)/.exec(setting)!;
    const sweep = readSweep(name);
    assertEquals([seeds, comparisons], [`${sweep.seeds.length}`, `${sweep.comparisons}`], setting);
    const labels = sweep.arms.map(({ label }) => label);
    const label = [`debiased tau_plus=${tauPlus}`, "debiased"].find((own) => labels.includes(own))!;
    const own = cellsOf(name, label), oracle = cellsOf(name, "oracle");
    // A star is for a p below 0.05.
    const starred = (cells: Cells, probe: "knn" | "linear") => {
      const p = cells[`${probe} p`];
      return cells[`${probe} Δ`] + (p.startsWith("<") || Number(p) < 0.05 ? " *" : "");
    };
    assertEquals(
      [falseShare, knn, linear, ...debiased],
      [
        `${own.FN} %`,
        starred(oracle, "knn"),
        starred(oracle, "linear"),
        starred(own, "knn"),
        starred(own, "linear"),
        `${own.clamp} %`,
      ],
      setting,
    );
  }
});

/** `+0.26 ± 0.16` without its sign, which a sentence may have in words. */
function inSentence({ mean, halfWidth }: Estimate): string[] {
  return halfWidth === null ? [] : [`${Math.abs(mean).toFixed(2)} ± ${halfWidth.toFixed(2)}`];
}

Deno.test("each interval and each p in a sentence is of two arms of a sweep that the page links to", () => {
  const pages = ["false-negatives", "choosing-tau-plus", "over-correction"];
  for (const path of ["README.md", ...pages.map((name) => `docs/${name}.md`)]) {
    const text = page(path).replaceAll(/^```[\s\S]*?^```$/gm, "").replaceAll(/^\|.*$/gm, "");
    const linked = sweeps.filter((name) => page(path).includes(`results/${name}/sweep.md`));
    const intervals = new Set<string>(), probabilities = new Set<string>();
    for (const { arms, probes } of linked.map(readSweep)) {
      for (const probe of probes) {
        for (const one of arms) {
          const cell = one.scores[probe].difference?.adjustedP;
          if (cell) probabilities.add(cell.toFixed(3));
          for (const other of arms.filter((other) => other !== one)) {
            const found = pairedDifference(top1(one, probe), top1(other, probe));
            if (found) inSentence(found).forEach((words) => intervals.add(words));
          }
        }
      }
    }
    for (const [words] of text.replaceAll(/\s+/g, " ").matchAll(/\d+\.\d+ ± \d+\.\d+/g)) {
      assert(EXPLAINED.get(path)?.includes(words) || intervals.has(words), `${path}: ${words}`);
    }
    for (const [, p] of text.replaceAll(/\s+/g, " ").matchAll(/\bp = (\d\.\d+)/g)) {
      assert(EXPLAINED.get(path)?.includes(p) || probabilities.has(p), `${path}: p = ${p}`);
    }
  }
});

/** What sentences have of parts of a sweep, computed from its runs. */
const EXPLAINED = new Map<string, readonly string[]>([
  ["docs/false-negatives.md", [...freshSeeds(), hardAlone(), ...firstThree()]],
]);

/** Debiased to biased by kNN, of the fifteen seeds that were run when five had been seen. */
function freshSeeds(): string[] {
  const [biased, debiased] = readSweep("fashion-mini-20-seeds").arms;
  const fresh = new Map([...top1(debiased, "knn")].filter(([seed]) => seed >= 5));
  return inSentence(pairedDifference(fresh, top1(biased, "knn"))!);
}

/** The smallest p of hard negatives on five classes, adjusted for these six alone. */
function hardAlone(): string {
  const { arms, probes } = readSweep("five-classes-t1");
  const hard = arms.filter(({ label }) => label.startsWith("hard"));
  const p = hard.flatMap(({ scores }) => probes.map((probe) => scores[probe].difference!.p));
  assertEquals(p.length, 6);
  return Math.min(...holm(p).map((p) => p!)).toFixed(3);
}

/** Debiased to biased by kNN after 100 epochs, of the first three seeds. */
function firstThree(): string[] {
  const [biased, debiased] = readSweep("five-classes-100-epochs").arms;
  const first = new Map([...top1(debiased, "knn")].filter(([seed]) => seed < 3));
  return inSentence(pairedDifference(first, top1(biased, "knn"))!);
}

Deno.test("the page on over-correction has what its command printed; its clusters are drawn again", () => {
  assertNear(toy(), overCorrection.toy);
  const text = page("docs/over-correction.md");
  const printed = tables(overCorrection);
  assertEquals(printed.length, 4);
  for (const table of printed) {
    const header = table.slice(0, table.indexOf(" |", 2)) + " ";
    assertEquals(tableOf(text, header), tableOf(`\n${table}\n`, header));
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

Deno.test("what the README shows of a first run is what that run found in the sweeps", () => {
  const [, debiased] = readSweep("fashion-mini-20-seeds").arms;
  const [{ untrained, pixels }] = readSweep("fashion-mini").arms[0].runs;
  const found = { "trained encoder": debiased.runs[0].trained, "untrained encoder": untrained };
  for (const [name, scores] of Object.entries({ ...found, "raw pixels": pixels })) {
    const line = page("README.md").split("\n").find((line) => line.startsWith(name));
    const { knn, linear } = scores!;
    const shown = line?.match(/[\d.]+(?= %)/g)?.map(Number) ?? [];
    assertEquals(shown.length, 2, name);
    // One test image of 2,000: the linear probe's equations have another solver since the sweep.
    for (const [i, { top1 }] of [knn, linear].entries()) {
      assertAlmostEquals(shown[i], top1, 0.0501, name);
    }
  }
});

Deno.test("the memory of the loss that the pages print is the one that was plotted", () => {
  const memory = loss.charts.find(({ y }) => y === "MiB")!;
  const { y } = memory.points.find(({ x, series }) => x === 16_384 && series === "tauplus")!;
  for (const path of ["README.md", "docs/speed.md"]) {
    assertStringIncludes(page(path), `${y.toFixed(0)} MiB`);
  }
});

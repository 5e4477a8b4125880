/**
 * A sweep as a table, for the terminal and as a page in Markdown; with where, when and by which
 * command its numbers were made.
 *
 * @module
 */
import { cpus } from "node:os";
import { version_core } from "@tensorflow/tfjs";
import {
  duration,
  shellWord,
  signed,
  table,
  terminalWidth,
  widthOf,
  wrapped,
} from "../terminal/text.ts";
import type { Estimate } from "./statistics.ts";
import type { ArmSummary, SweepSummary } from "./summary.ts";
import project from "../../deno.json" with { type: "json" };

/** A summary, and where it is from. */
export type SweepReport = Circumstances & SweepSummary;

/** There is no such number. */
const NONE = "–";

/** Spaces between columns, and what a label needs at least. */
const GAP = 2, LABEL = 16;

/** The columns after all probes. */
const RATES = ["clamp", "FN"];

/**
 * The table with its legend. Where it is too wide, the columns of the rates stay in the page; where
 * that is not enough, every probe has a table of its own.
 */
export function terminalTable(
  sweep: SweepReport,
  columns: number = terminalWidth(Deno.stdout),
): string {
  const rows = rowsOf(sweep);
  const part = (probes: readonly string[], rates: boolean) => {
    const all = ["arm", ...sweep.probes.flatMap((probe) => [probe, "Δ", "p"]), ...RATES];
    const shown = all.flatMap((_, i) => {
      const probe = sweep.probes[Math.floor((i - 1) / 3)];
      return i === 0 || (probe === undefined ? rates : probes.includes(probe)) ? [i] : [];
    });
    const [head, ...body] = [all, ...rows].map((row) => shown.map((i) => row[i]));
    const numbers = head.slice(1).map((title, i) =>
      GAP + Math.max(...[title, ...body.map((row) => row[i + 1])].map(widthOf))
    );
    return {
      rates,
      fits: LABEL + numbers.reduce((sum, width) => sum + width, 0) <= columns,
      text: table(head, body, 1, { columns, gap: GAP }),
    };
  };
  const layouts = [true, false].map((rates) => [part(sweep.probes, rates)]);
  const tables = layouts.find(([{ fits }]) => fits) ??
    sweep.probes.map((probe) => part([probe], true));
  const lines = legend(sweep, tables[0].rates).flatMap((line) => wrapped(line, columns));
  return ["", tables.map(({ text }) => text).join("\n\n"), "", ...lines].join("\n");
}

/** The page, beside `sweep.json` and `sweep.svg`. */
export function markdown(sweep: SweepReport): string {
  const { command, config, arms, devices, processor, versions, date, seconds } = sweep;
  const head = [
    "arm",
    ...sweep.probes.flatMap((probe) => [`${probe} top-1`, "Δ", "p"]),
    ...RATES,
  ];
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const failures = arms.flatMap(({ label, runs }) =>
    runs.flatMap(({ seed, failure }) => failure ? [`- ${label}, seed ${seed}: ${failure}`] : [])
  );
  return [
    `# Sweep over ${config.dataset ?? "datasets"}`,
    "",
    ...fenced("sh", command),
    "",
    row(head),
    row(head.map((_, i) => i === 0 ? "---" : "---:")),
    ...rowsOf(sweep).map(row),
    "",
    legend(sweep, true).join(" "),
    "",
    "![Top-1 of every arm, and its difference to the baseline](sweep.svg)",
    "",
    ...(failures.length > 0 ? ["## Runs that failed", "", ...failures, ""] : []),
    "## How these numbers were made",
    "",
    `- ${devices.join("; ")}`,
    `- ${processor}`,
    `- ${versions}; ${date}`,
    `- ${duration(seconds)} of training in all`,
    "- [sweep.json](sweep.json) has what every run found, [metrics.jsonl.gz](metrics.jsonl.gz) the " +
    "logs and the accuracies of all",
    "",
    "The options that all runs share:",
    "",
    ...fenced("json", JSON.stringify(config, null, 2)),
    "",
  ].join("\n");
}

function rowsOf({ arms, references, probes, seeds }: SweepReport): string[][] {
  return [
    ...arms.map((arm) => [
      named(arm, seeds.length),
      ...probes.flatMap((probe) => {
        const { top1, difference } = arm.scores[probe];
        const pairs = difference && difference.n < (top1?.n ?? 0) ? ` (n = ${difference.n})` : "";
        return [
          spread(top1),
          arm.label === arm.baseline ? "baseline" : differs(difference) + pairs,
          probability(difference?.adjustedP),
        ];
      }),
      share(arm.clampRate),
      share(arm.falseNegativeRate),
    ]),
    ...references.map(({ label, scores }) => [
      label,
      ...probes.flatMap((probe) => [spread(scores[probe]), NONE, NONE]),
      NONE,
      NONE,
    ]),
  ];
}

/** With the count of its runs where some are missing. */
function named({ label, runs }: ArmSummary, seeds: number): string {
  const finished = runs.filter(({ trained }) => trained).length;
  return finished === seeds ? label : `${label} (n = ${finished})`;
}

function legend({ seeds, baseline, arms, comparisons }: SweepReport, rates: boolean): string[] {
  const count = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`;
  const everyClamp = arms.some(({ clampRate }) => clampRate);
  const differences = arms.flatMap(({ scores }) =>
    Object.values(scores).flatMap(({ difference }) => difference ?? [])
  );
  return [
    `Top-1 on the test split in %, mean ± standard deviation over ${count} (${
      seeds.join(", ")
    }), ` +
    "which are all that varies.",
    ...(comparisons > 0
      ? [
        `Δ: to ${baseline} by pairs of one seed, mean ± half of its 95 % confidence interval ` +
        "(Student t, each by itself).",
        "p: two-sided paired t-test of no difference, adjusted by Holm for the number of " +
        `differences here, ${comparisons}.`,
      ]
      : []),
    ...(differences.some(({ halfWidth }) => halfWidth === null)
      ? [`${NONE}: one seed, or seeds whose differences are all equal, do not tell.`]
      : []),
    ...(rates && everyClamp
      ? ["clamp: share of rows where the estimate of the negatives is clamped, in %."]
      : []),
    ...(rates
      ? [
        "FN: share of negatives that are of the anchor's class, in %; both means over the logged steps.",
      ]
      : []),
  ];
}

/** What is not nothing is not printed as nothing. */
function places(value: number | null, digits: number): string {
  if (value === null) return NONE;
  const text = value.toFixed(digits);
  return Number(text) === 0 && value > 0 ? String(Number(value.toPrecision(1))) : text;
}

/** `75.85 ± 0.31`. */
function spread(found: Estimate | null): string {
  return found ? `${places(found.mean, 2)} ± ${places(found.deviation, 2)}` : NONE;
}

/** `+0.41 ± 0.22`. */
function differs(found: Estimate | null): string {
  if (!found) return NONE;
  return `${signed(found.mean)} ± ${places(found.halfWidth, 2)}`;
}

/** `0.041`. */
function probability(p: number | null = null): string {
  return p !== null && p < 0.001 ? "<0.001" : places(p, 3);
}

/** A share in percent: `12.1`. */
function share(found: Estimate | null): string {
  return found ? places(100 * found.mean, 1) : NONE;
}

const fenced = (language: string, text: string) => ["```" + language, text, "```"];

/** What a reader needs to make them again. */
interface Circumstances {
  readonly command: string;
  /** The day, as 2025-01-31. */
  readonly date: string;
  /** Of tauplus and what computes under it. */
  readonly versions: string;
  /** The processor and its cores. */
  readonly processor: string;
}

/** Those of this process. */
export function circumstances(): Circumstances {
  const processors = cpus();
  return {
    command: ["deno", "task", ...Deno.args.map(shellWord)].join(" "),
    date: new Date().toISOString().slice(0, 10),
    versions:
      `tauplus ${project.version}, Deno ${Deno.version.deno}, TensorFlow.js ${version_core}`,
    processor: `${processors[0]?.model ?? "unknown processor"}, ${processors.length} cores`,
  };
}

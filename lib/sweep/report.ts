/**
 * A sweep as a table: for the terminal, and as a page in Markdown.
 *
 * @module
 */
import { duration } from "../terminal/amounts.ts";
import { table } from "../terminal/table.ts";
import { terminalWidth, widthOf, wrapped } from "../terminal/width.ts";
import type { Circumstances } from "./circumstances.ts";
import type { Estimate } from "./statistics.ts";
import type { ArmSummary, SweepSummary } from "./summary.ts";

/** A summary, and where it is from. */
export type SweepReport = Circumstances & SweepSummary;

/** There is no such number. */
const NONE = "–";

/** Spaces between columns, and what a label needs at least. */
const GAP = 2, LABEL = 16;

/** The table with its legend. Where it is too wide, the columns of the rates stay in the page. */
export function terminalTable(
  sweep: SweepReport,
  columns: number = terminalWidth(Deno.stdout),
): string {
  const head = ["arm", ...sweep.probes.flatMap((probe) => [probe, "Δ"]), "clamp", "FN"];
  const rows = rowsOf(sweep);
  const numbers = head.slice(1).map((title, i) =>
    GAP + Math.max(...[title, ...rows.map((row) => row[i + 1])].map(widthOf))
  );
  const fits = LABEL + numbers.reduce((sum, width) => sum + width, 0) <= columns;
  const shown = (row: readonly string[]) => fits ? row : row.slice(0, -2);
  const body = table(shown(head), rows.map(shown), 1, { columns, gap: GAP });
  const lines = legend(sweep, fits).flatMap((line) => wrapped(line, columns));
  return ["", body, "", ...lines].join("\n");
}

/** The page, beside `sweep.json` and `sweep.svg`. */
export function markdown(sweep: SweepReport): string {
  const { command, config, arms, devices, processor, versions, date, seconds } = sweep;
  const head = [
    "arm",
    ...sweep.probes.flatMap((probe) => [`${probe} top-1`, "Δ"]),
    "clamp",
    "FN",
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
    "- [sweep.json](sweep.json) has every run",
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
        return [
          spread(top1),
          arm.label === arm.baseline ? "baseline" : signed(difference),
        ];
      }),
      share(arm.clampRate),
      share(arm.falseNegativeRate),
    ]),
    ...references.map(({ label, scores }) => [
      label,
      ...probes.flatMap((probe) => [spread(scores[probe]), NONE]),
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

function legend({ seeds, baseline, arms }: SweepReport, rates: boolean): string[] {
  const count = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`;
  const everyClamp = arms.some(({ clampRate }) => clampRate);
  return [
    `Top-1 on the test split in %, mean ± standard deviation over ${count} (${seeds.join(", ")}).`,
    `Δ: to ${baseline} by pairs of one seed, mean ± half of its 95 % confidence interval (Student t).`,
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

const places = (value: number | null, digits: number) => value?.toFixed(digits) ?? NONE;

/** `75.85 ± 0.31`. */
function spread(found: Estimate | null): string {
  return found ? `${places(found.mean, 2)} ± ${places(found.deviation, 2)}` : NONE;
}

/** `+0.41 ± 0.22`. */
function signed(found: Estimate | null): string {
  if (!found) return NONE;
  const size = places(Math.abs(found.mean), 2);
  const sign = found.mean < 0 && Number(size) > 0 ? "−" : "+";
  return `${sign}${size} ± ${places(found.halfWidth, 2)}`;
}

/** A share in percent: `12.1`. */
function share(found: Estimate | null): string {
  return found ? places(100 * found.mean, 1) : NONE;
}

const fenced = (language: string, text: string) => ["```" + language, text, "```"];

/**
 * A sweep as a figure: the accuracies of every arm, and the differences to its baseline.
 *
 * @module
 */
import { type ChartSpec, figure } from "../report/figure.ts";
import { own } from "../names.ts";
import type { SweepReport } from "./report.ts";
import type { Estimate } from "./statistics.ts";
import { type ArmSummary, type SweepSummary, top1 } from "./summary.ts";

const SEED = "#9db8d3", MEAN = "#1f4e79", RULE = "#b3541e";

/** One row of the figure: an arm, its values by seed, and their estimate. */
interface Drawn {
  readonly arm: string;
  readonly values: readonly number[];
  readonly estimate: Estimate | null;
}

/** An SVG: a column per probe; above the accuracies, below the differences where there are any. */
export async function sweepFigure(sweep: SweepReport): Promise<string> {
  const { probes, baseline, seeds, devices, versions, date } = sweep;
  const accuracies = probes.map((probe) =>
    chart(
      `${probe} top-1 on the test split, %`,
      sweep.arms.map((arm) => ({
        arm: arm.label,
        values: [...top1(arm, probe).values()],
        estimate: arm.scores[probe].top1,
      })),
      sweep.references.flatMap(({ label, scores }) => {
        const score = own(scores, probe);
        return score ? [{ y: score.mean, label }] : [];
      }),
    )
  );
  const differences = probes.map((probe) =>
    chart(
      `${probe}: difference to ${baseline}, same seed`,
      sweep.arms.map((arm) => ({
        arm: arm.label,
        values: arm.label === arm.baseline ? [] : differencesOf(arm, sweep, probe),
        estimate: arm.scores[probe].difference,
      })),
      [{ y: 0, label: "" }],
    )
  );
  const compared = sweep.arms.some(({ scores }) =>
    probes.some((probe) => scores[probe].difference !== null)
  );
  return await figure([accuracies, ...(compared ? [differences] : [])], [
    `Small: one of ${seeds.length} seeds; large: their mean, with its 95 % confidence interval.`,
    `${devices.join("; ")}; ${versions}; ${date}`,
  ]);
}

function differencesOf(arm: ArmSummary, { arms }: SweepSummary, probe: string): number[] {
  const other = arms.find(({ label }) => label === arm.baseline);
  if (!other) return [];
  const baseline = top1(other, probe);
  return [...top1(arm, probe)].flatMap(([seed, value]) => {
    const base = baseline.get(seed);
    return base === undefined ? [] : [value - base];
  });
}

function chart(
  title: string,
  drawn: readonly Drawn[],
  rules: readonly { y: number; label: string }[],
): ChartSpec {
  const width = Math.max(240, 62 * drawn.length);
  const points = drawn.flatMap(({ arm, values }) => values.map((y) => ({ arm, y })));
  const means = drawn.flatMap(({ arm, estimate }) => {
    if (!estimate) return [];
    const { mean, halfWidth } = estimate;
    return [{ arm, y: mean, low: mean - (halfWidth ?? 0), high: mean + (halfWidth ?? 0) }];
  });
  const x = {
    field: "arm",
    type: "nominal" as const,
    title: null,
    sort: null,
    scale: { domain: drawn.map(({ arm }) => arm) },
    axis: { labelAngle: -35, labelLimit: 0 },
  };
  const y = {
    field: "y",
    type: "quantitative" as const,
    title: null,
    scale: { zero: false },
    axis: { gridOpacity: 0.5 },
  };
  return {
    title: { text: title, fontSize: 13, fontWeight: "normal" },
    width,
    height: 220,
    layer: [
      {
        data: { values: [...rules] },
        mark: { type: "rule", strokeDash: [5, 4], color: RULE },
        encoding: { y },
      },
      // In turn at the left and at the right end, and on a white edge: two rules may be near to each
      // other, and one runs through the other's name.
      ...rules.flatMap((rule, i) =>
        [{ stroke: "white", strokeWidth: 4 }, {}].map((edge) => ({
          data: { values: [rule] },
          mark: {
            type: "text" as const,
            align: i % 2 ? "right" as const : "left" as const,
            baseline: "bottom" as const,
            dx: i % 2 ? -3 : 3,
            dy: -2,
            color: RULE,
            ...edge,
          },
          encoding: { x: { value: i % 2 ? width : 0 }, y, text: { field: "label" } },
        }))
      ),
      {
        data: { values: points },
        mark: { type: "point", filled: true, size: 30, opacity: 1, color: SEED },
        encoding: { x, y },
      },
      {
        data: { values: means },
        mark: { type: "rule", strokeWidth: 2, color: MEAN },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        data: { values: means },
        mark: { type: "point", filled: true, size: 75, opacity: 1, color: MEAN },
        encoding: { x, y },
      },
    ],
  };
}

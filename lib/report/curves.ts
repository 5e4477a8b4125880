/**
 * The curves of runs, from their metrics logs: loss, learning rate, accuracy and all else that was
 * logged, over steps.
 *
 * @module
 */
import type { MetricsRecord } from "../run/metrics.ts";
import { type Field, fieldOf, FIELDS, NOT_DRAWN } from "./fields.ts";
import type { ChartSpec } from "./figure.ts";
import type { RunData } from "./report_run.ts";

export interface Figure {
  /** Unique on a page, and fit for a file's name: `learning_rate`. */
  readonly id: string;
  /** Above the figure, with the unit. */
  readonly title: string;
  /** What it shows, in words. */
  readonly alt: string;
  /** The chart, as vega-lite takes it. */
  readonly spec: ChartSpec;
}

/** A figure of one field of the metrics log; its chart's data has the name `points`. */
export interface Curve extends Figure {
  /** The field's name. */
  readonly field: string;
  /** Whether its values are shares of 1, shown in percent. */
  readonly share: boolean;
}

/** A row of a curve's data. */
export interface CurvePoint {
  /** The run's name. */
  readonly run: string;
  /** Steps done. */
  readonly step: number;
  /** The field's value. */
  readonly value: number;
}

/**
 * Okabe and Ito's colors, which are told apart with every color vision and on white as well as on
 * black: less their black and yellow.
 */
export const SERIES_COLORS: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
];

/** Lines of a seventh run and on are dashed, so that colors can come again. */
const DASHES = [[1, 0], [6, 3], [2, 2]];

/** How a run's line looks, in every figure. */
export interface CurveLine {
  /** The run's name. */
  readonly run: string;
  readonly color: string;
  /** Lengths of dashes and gaps in pixels; a line without gaps has one of 0. */
  readonly dash: readonly number[];
}

/** The lines of runs, in their order. */
export function curveLines(runs: readonly string[]): CurveLine[] {
  const count = SERIES_COLORS.length;
  return runs.map((run, i) => ({
    run,
    color: SERIES_COLORS[i % count],
    dash: DASHES[Math.floor(i / count) % DASHES.length],
  }));
}

/** How many bins a chart's lines have at most; of each, the lowest and the highest point are drawn. */
const BINS = 400;

/**
 * A figure for each field of the logs that any of the runs has a number in: the known ones, then the
 * objectives' other diagnostics by name. A line per run; where there is more than one, a legend.
 */
export function curves(runs: readonly RunData[]): Curve[] {
  const names = runs.map(({ name }) => name);
  return curveFields(runs.flatMap(({ metrics }) => metrics)).map((field) =>
    curve(
      field,
      names,
      runs.flatMap(({ name, metrics }) => curvePoints(name, metrics, field)),
    )
  );
}

/** The fields of the logs that have a figure, in order. */
export function curveFields(metrics: readonly MetricsRecord[]): string[] {
  return inOrder(
    metrics.flatMap((record) =>
      Object.entries(record).flatMap(([field, value]) =>
        Number.isFinite(value) && !NOT_DRAWN.includes(field) ? [field] : []
      )
    ),
  );
}

/** Each of the fields once, in the order of their figures: the known ones, then the others by name. */
export function inOrder(fields: readonly string[]): string[] {
  const known = Object.keys(FIELDS);
  return [
    ...known.filter((field) => fields.includes(field)),
    ...[...new Set(fields)].filter((field) => !known.includes(field)).sort(),
  ];
}

/** The figure of a field; with a legend where there is more than one run, or as `legend` has it. */
export function curve(
  field: string,
  runs: readonly string[],
  points: readonly CurvePoint[],
  legend = runs.length > 1,
): Curve {
  const look = fieldOf(field);
  const last = runs.flatMap((run) => {
    const of = points.filter((point) => point.run === run);
    if (of.length === 0) return [];
    const [first, end] = [of[0], of[of.length - 1]];
    return [
      `${run} from ${show(first.value, look)} at step ${first.step} to ` +
      `${show(end.value, look)} at step ${end.step}`,
    ];
  });
  const id = encodeURIComponent(field);
  return {
    id,
    field,
    share: look.share ?? false,
    title: look.title,
    alt: `${look.title}, over steps${last.length > 0 ? ": " : ""}${last.join("; ")}.`,
    spec: spec(look, runs, points, legend),
  };
}

/** The points of a run in a field. */
function curvePoints(
  run: string,
  metrics: readonly MetricsRecord[],
  field: string,
): CurvePoint[] {
  return metrics.flatMap(({ step, [field]: value }) =>
    typeof value === "number" && Number.isFinite(value) ? [{ run, step, value }] : []
  );
}

const show = (value: number, { share }: Field): string =>
  share ? `${Number((100 * value).toPrecision(3))} %` : String(Number(value.toPrecision(4)));

function spec(
  { title, share = false, zero = false, sparse = false }: Field,
  runs: readonly string[],
  points: readonly CurvePoint[],
  legends: boolean,
): ChartSpec {
  const domain = [...runs];
  const lines = curveLines(runs);
  const legend = legends ? { columns: 1, symbolType: "stroke" } : null;
  return {
    width: 340,
    height: 200,
    title: { text: title, fontSize: 13, fontWeight: "normal", anchor: "start" },
    // A field may have any name; one that objects inherit, as `constructor`, would break vega.
    data: { name: "points", values: [...points] },
    // Of very many points, the envelope; of few, each.
    transform: [
      { bin: { maxbins: BINS }, field: "step", as: "bin" },
      {
        aggregate: [
          { op: "argmin", field: "value", as: "low" },
          { op: "argmax", field: "value", as: "high" },
        ],
        groupby: ["run", "bin"],
      },
      { fold: ["low", "high"], as: ["end", "point"] },
      { filter: "datum.end === 'low' || datum.low !== datum.high" },
      { calculate: "datum.point.step", as: "step" },
      { calculate: "datum.point.value", as: "value" },
    ],
    // A line of one point is a dot.
    mark: { type: "line", strokeWidth: 1.75, strokeCap: "round", point: sparse && { size: 30 } },
    encoding: {
      x: {
        field: "step",
        type: "quantitative",
        title: "step",
        scale: { nice: false },
        axis: { format: ",d", tickCount: 5, tickMinStep: 1, grid: false },
      },
      y: {
        field: "value",
        type: "quantitative",
        title: null,
        // A share that was never above 0 lies at the foot of its figure.
        scale: { zero, ...(share && { domain: { unionWith: [0, 0.01] } }) },
        axis: { ...(share && { format: "~%" }), tickCount: 5 },
      },
      color: {
        field: "run",
        type: "nominal",
        title: null,
        scale: { domain, range: lines.map(({ color }) => color) },
        legend,
      },
      strokeDash: {
        field: "run",
        type: "nominal",
        title: null,
        scale: { domain, range: lines.map(({ dash }) => [...dash]) },
        legend,
      },
    },
  };
}

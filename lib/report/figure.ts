/**
 * Figures as SVG, by vega-lite: for a page, and as a file.
 *
 * @module
 */
import type { Spec } from "vega";
import type { Config, TopLevelSpec } from "vega-lite";
import { onDemand } from "../packages/on_demand.ts";
import type { Figure } from "./curves.ts";
import { escapeHtml, Html } from "./html.ts";

const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

const CONFIG: Config = {
  axis: { labelFontSize: 12, titleFontSize: 12 },
  legend: { labelFontSize: 12, labelLimit: 0, orient: "top" },
};

/** Words and axes of a chart in a page have the color of the text around it, light or dark. */
const PAGE_CONFIG: Config = {
  font: "system-ui, sans-serif",
  axis: {
    ...CONFIG.axis,
    labelColor: "currentColor",
    titleColor: "currentColor",
    titleFontWeight: "normal",
    domainColor: "currentColor",
    domainOpacity: 0.4,
    tickColor: "currentColor",
    tickOpacity: 0.4,
    gridColor: "currentColor",
    gridOpacity: 0.12,
  },
  legend: { ...CONFIG.legend, labelColor: "currentColor" },
  title: { color: "currentColor" },
  view: { stroke: null },
};

/** One chart of a figure, as vega-lite takes it. */
export type ChartSpec = Extract<TopLevelSpec, { hconcat: unknown }>["hconcat"][number];

/** Rows of charts under lines of text. Loads vega on the first call. */
export async function figure(
  rows: readonly (readonly ChartSpec[])[],
  text: string | readonly string[],
): Promise<string> {
  const { compile } = await onDemand("vega-lite");
  const { parse, View } = await onDemand("vega");
  const spec: TopLevelSpec = {
    $schema: SCHEMA,
    background: "white",
    padding: 16,
    title: {
      text: typeof text === "string" ? text : [...text],
      anchor: "start",
      fontSize: 11,
      fontWeight: "normal",
      offset: 14,
    },
    config: CONFIG,
    vconcat: rows.map((charts) => ({ hconcat: [...charts] })),
  };
  return await new View(parse(compile(spelled(spec)).spec), { renderer: "none" }).toSVG();
}

/**
 * A chart as SVG to stand in a page: without background, in the color of the text around it.
 *
 * @param bare without its title and legend, which the page has
 */
export async function pageSvg(chart: ChartSpec, bare = false): Promise<string> {
  const { parse, View } = await onDemand("vega");
  const whole = await pageSpec(spelled(bare ? { ...chart, title: "" } : chart));
  const spec = bare ? { ...whole, legends: [] } : whole;
  return await new View(parse(spec), { renderer: "none" }).toSVG();
}

/**
 * A chart as vega can take it, whatever the names in it. A title, or the text of a legend, that is
 * the name of what every object inherits (`constructor`, `toString`) is looked up by vega 6 as if it
 * were a signal's, and found; with a space of no width behind it, it is not.
 */
function spelled<T>(chart: T): T {
  const spell = (value: unknown): unknown => {
    if (typeof value === "string") return value in Object.prototype ? `${value}\u200b` : value;
    if (Array.isArray(value)) return value.map(spell);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spell(inner)]));
  };
  return spell(chart) as T;
}

/**
 * A chart for a page that draws it itself, as vega takes it, with vega's SVG renderer: as wide as
 * the element it is in, and in colors as {@linkcode pageSvg}.
 */
export async function liveSpec(chart: ChartSpec): Promise<Spec> {
  return await pageSpec({ ...chart, width: "container" });
}

async function pageSpec(chart: ChartSpec): Promise<Spec> {
  const { compile } = await onDemand("vega-lite");
  // A chart with its data is a whole figure, which vega-lite's types do not know.
  const spec = {
    ...chart,
    $schema: SCHEMA,
    background: "transparent",
    padding: 4,
    config: PAGE_CONFIG,
  };
  return compile(spec as TopLevelSpec).spec;
}

export interface Point {
  /** The value on the horizontal axis. */
  readonly x: number;
  /** The value on the vertical axis. */
  readonly y: number;
  /** The name of the line that the point is on. */
  readonly series: string;
}

export interface Chart {
  /** Above the chart. */
  readonly title: string;
  /** Names of the axes, with units. */
  readonly x: string;
  readonly y: string;
  /** The points, in any order. */
  readonly points: readonly Point[];
}

/** Charts of lines, both axes logarithmic, with the same colors for the same series. */
export function lineCharts(charts: readonly Chart[]): ChartSpec[] {
  const series = [...new Set(charts.flatMap(({ points }) => points.map(({ series }) => series)))];
  return charts.map((chart) => lineChart(chart, series));
}

function lineChart({ title, x, y, points }: Chart, series: string[]): ChartSpec {
  const ticks = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  return {
    title,
    width: 340,
    height: 260,
    data: { values: [...points] },
    mark: { type: "line", point: { size: 45, filled: true }, strokeWidth: 2 },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: x,
        scale: { type: "log", nice: false },
        axis: { values: ticks, format: ",d", labelAngle: -45, grid: false },
      },
      y: {
        field: "y",
        type: "quantitative",
        title: y,
        scale: { type: "log" },
        axis: { format: "~g", gridOpacity: 0.5 },
      },
      color: {
        field: "series",
        type: "nominal",
        title: null,
        scale: { domain: series, range: ["#1f77b4", "#d95f02", "#1b9e77"] },
      },
    },
  };
}

/** A figure as SVG; its colors are those of the text around it. */
export interface Drawing extends Omit<Figure, "spec"> {
  /** With its title and legend. */
  readonly svg: string;
  /** Without, for a page that has them. */
  readonly bare: string;
}

export async function draw({ id, title, alt, spec }: Figure): Promise<Drawing> {
  // Names in one page's elements may not be those of another's.
  const own = (svg: string) => svg.replace(/(id="|url\(#)(clip|gradient)/g, `$1${id}-$2`);
  return { id, title, alt, svg: own(await pageSvg(spec)), bare: own(await pageSvg(spec, true)) };
}

/** The drawing as one picture of a page, with `alt` for screen readers. */
export function picture({ alt, bare }: Drawing): Html {
  return new Html(bare.replace(/^<svg /, () => `<svg role="img" aria-label="${escapeHtml(alt)}" `));
}

/** The drawing as a file of its own, light or dark as the reader's system is. */
export function svgFile({ title, alt, svg }: Drawing): string {
  const head = `<title>${escapeHtml(title)}</title><desc>${escapeHtml(alt)}</desc>${FILE_STYLE}`;
  return svg.replace(/^<svg [^>]*>/, (start) => start + head) + "\n";
}

const FILE_STYLE = `<style>
:root { --card: #ffffff; background: #ffffff; color: #1c1e21; }
@media (prefers-color-scheme: dark) {
  :root { --card: #191c1f; background: #191c1f; color: #e4e5e2; }
}
</style>`;

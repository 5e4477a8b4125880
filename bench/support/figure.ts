/**
 * Line charts as SVG, by vega-lite.
 *
 * @module
 */
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** One measured point. */
export interface Point {
  /** What grows. */
  readonly x: number;
  /** What it costs. */
  readonly y: number;
  /** The line it is on. */
  readonly series: string;
}

/** One chart. */
export interface Chart {
  /** Above the chart. */
  readonly title: string;
  /** Names of the axes, with units. */
  readonly x: string;
  readonly y: string;
  /** The points, in any order. */
  readonly points: readonly Point[];
}

/** Charts side by side, both axes logarithmic, with a line of text above them. */
export async function figure(charts: readonly Chart[], subtitle: string): Promise<string> {
  const series = [...new Set(charts.flatMap(({ points }) => points.map(({ series }) => series)))];
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    padding: 16,
    title: { text: subtitle, anchor: "start", fontSize: 11, fontWeight: "normal", offset: 14 },
    config: {
      axis: { labelFontSize: 12, titleFontSize: 12 },
      legend: { labelFontSize: 12, labelLimit: 0, orient: "top" },
    },
    hconcat: charts.map((each) => chart(each, series)),
  };
  return await new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
}

function chart({ title, x, y, points }: Chart, series: string[]) {
  const ticks = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  return {
    title,
    width: 340,
    height: 260,
    data: { values: [...points] },
    mark: { type: "line" as const, point: { size: 45, filled: true }, strokeWidth: 2 },
    encoding: {
      x: {
        field: "x",
        type: "quantitative" as const,
        title: x,
        scale: { type: "log" as const, nice: false },
        axis: { values: ticks, format: ",d", labelAngle: -45, grid: false },
      },
      y: {
        field: "y",
        type: "quantitative" as const,
        title: y,
        scale: { type: "log" as const },
        axis: { format: "~g", gridOpacity: 0.5 },
      },
      color: {
        field: "series",
        type: "nominal" as const,
        title: null,
        scale: { domain: series, range: ["#1f77b4", "#d95f02", "#1b9e77"] },
      },
    },
  };
}

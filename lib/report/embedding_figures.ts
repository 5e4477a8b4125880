/**
 * Figures of what an encoder learnt: the map of test images, and what a probe makes of them.
 *
 * @module
 */
import { type Figure, SERIES_COLORS } from "./curves.ts";
import type { ChartSpec } from "./figure.ts";
import type { ProbeResult } from "./probe_result.ts";
import type { TestImages } from "./test_images.ts";

/**
 * Colours of classes: Petroff's ten (2021, arXiv:2107.02270), chosen to be told apart with every
 * colour vision, on light and on dark. Ten classes more have another shape.
 */
export const CLASS_COLORS: readonly string[] = [
  "#3f90da",
  "#ffa90e",
  "#bd1f01",
  "#94a4a2",
  "#832db6",
  "#a96b59",
  "#e76300",
  "#b9ac70",
  "#717581",
  "#92dadd",
];

const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross"] as const;

/** More classes than this have no names on the map, nor a legend. */
export const MOST_NAMED = 20;

/** More classes than this have no counts in the cells of a confusion matrix. */
const MOST_COUNTED = 12;
/** More classes than this have no names beside one. */
const MOST_TICKS = 40;

/** The text behind a text, so that it can be read over points; a page's cards define the colour. */
const HALO = "var(--card, white)";

const title = (text: string) => ({
  text,
  fontSize: 13,
  fontWeight: "normal" as const,
  anchor: "start" as const,
});

/** The colour of a class. */
export function classColor(label: number): string {
  return label < 0 ? "#8888" : CLASS_COLORS[label % CLASS_COLORS.length];
}

/** Test images on the plane, one point each, in their order; the names of classes amid them. */
export function mapFigure(id: string, run: string, images: TestImages): Figure {
  const { places, labels, classes, indices, total } = images;
  const count = Math.max(0, ...(labels ?? [])) + 1;
  const name = (label: number) => label < 0 ? "unknown" : classes[label] ?? String(label);
  const points = places.map(([x, y], i) => ({ x, y, label: labels?.[i] ?? -1 }));
  const known = Array.from({ length: count }, (_, label) => label);
  const centres = known.flatMap((label) => {
    const own = points.filter((point) => point.label === label);
    if (own.length === 0 || count > MOST_NAMED) return [];
    return [{
      x: median(own.map((p) => p.x)),
      y: median(own.map((p) => p.y)),
      name: name(label),
    }];
  });
  const domain = [-1, ...known];
  const place = {
    x: { field: "x", type: "quantitative" as const, axis: null, scale: span(places, 0) },
    y: { field: "y", type: "quantitative" as const, axis: null, scale: span(places, 1) },
  };
  const text = {
    ...place,
    text: { field: "name", type: "nominal" as const },
  };
  return {
    id,
    title: `UMAP of ${indices.length.toLocaleString("en")} test images`,
    alt: `Map of ${indices.length} of ${total} test images by the features of ${run}` +
      (centres.length > 0
        ? `, ${centres.length} classes: ${centres.map(({ name }) => name).join(", ")}.`
        : "."),
    spec: {
      width: 520,
      height: 440,
      layer: [
        {
          data: { values: points },
          mark: { type: "point", filled: true, size: 22, opacity: 0.85 },
          encoding: {
            ...place,
            color: {
              field: "label",
              type: "nominal",
              legend: null,
              scale: { domain, range: domain.map(classColor) },
            },
            shape: {
              field: "label",
              type: "nominal",
              legend: null,
              scale: {
                domain,
                range: domain.map((label) =>
                  SHAPES[Math.floor(Math.max(0, label) / CLASS_COLORS.length) % SHAPES.length]
                ),
              },
            },
          },
        },
        {
          data: { values: centres },
          mark: {
            type: "text",
            fontSize: 13,
            fontWeight: 600,
            stroke: HALO,
            strokeWidth: 4,
            strokeJoin: "round",
            fill: HALO,
          },
          encoding: text,
        },
        {
          data: { values: centres },
          mark: { type: "text", fontSize: 13, fontWeight: 600, color: "currentColor" },
          encoding: text,
        },
      ],
    },
  };
}

/** Where the true classes went: shares of each row. */
export function confusionFigure(id: string, run: string, result: ProbeResult): Figure {
  const names = Object.keys(result.perClass);
  const { confusion } = result;
  const totals = confusion.map((row) => row.reduce((sum, n) => sum + n, 0));
  const cells = confusion.flatMap((row, truth) =>
    row.map((count, predicted) => ({
      truth: names[truth],
      predicted: names[predicted],
      count,
      share: totals[truth] ? count / totals[truth] : 0,
    }))
  );
  const worst = cells.filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.share - a.share).slice(0, 3)
    .map(({ truth, predicted, share }) =>
      `${truth} as ${predicted} (${(100 * share).toFixed(0)} %)`
    );
  const side = Math.max(4, Math.min(34, Math.floor(400 / names.length)));
  const axis = {
    labels: names.length <= MOST_TICKS,
    ticks: false,
    domain: false,
    labelOverlap: false,
    labelFontSize: names.length > MOST_COUNTED ? 9 : 11,
    labelLimit: 110,
    titleFontSize: 11,
  };
  const where = {
    x: {
      field: "predicted",
      type: "nominal" as const,
      sort: names,
      title: "predicted class",
      axis: { ...axis, orient: "top" as const, labelAngle: -50 },
    },
    y: { field: "truth", type: "nominal" as const, sort: names, title: "true class", axis },
  };
  const counts: ChartSpec = {
    mark: { type: "text", fontSize: 10.5 },
    encoding: {
      ...where,
      text: { field: "count", type: "quantitative" },
      color: {
        condition: { test: "datum.share > 0.79", value: "white" },
        value: "currentColor",
      },
      opacity: { condition: { test: "datum.count == 0", value: 0.35 }, value: 1 },
    },
  };
  return {
    id,
    title: "Confusion matrix",
    alt: `Confusion matrix of ${run}, ${names.length} classes, ${result.top1.toFixed(2)} % right.` +
      (worst.length > 0 ? ` Most often confused: ${worst.join(", ")}.` : " No class is confused."),
    spec: {
      width: { step: side },
      height: { step: side },
      data: { values: cells },
      layer: [
        {
          mark: { type: "rect", color: SERIES_COLORS[0], cornerRadius: side > 20 ? 3 : 0 },
          encoding: {
            ...where,
            opacity: {
              field: "share",
              type: "quantitative",
              legend: null,
              scale: { type: "pow", exponent: 0.7, domain: [0, 1], range: [0.03, 1] },
            },
          },
        },
        ...(names.length <= MOST_COUNTED ? [counts] : []),
      ],
    },
  };
}

/** The accuracy of each class, a bar per run. */
export function perClassFigure(
  id: string,
  runs: readonly { readonly name: string; readonly result: ProbeResult }[],
): Figure {
  const names = [...new Set(runs.flatMap(({ result }) => Object.keys(result.perClass)))];
  const order = runs.map(({ name }) => name);
  const bars = runs.flatMap(({ name, result }) =>
    Object.entries(result.perClass).flatMap(([label, value]) =>
      value === null ? [] : [{ run: name, label, value }]
    )
  );
  const extremes = runs.map(({ name, result }) => {
    const own = bars.filter(({ run }) => run === name).sort((a, b) => a.value - b.value);
    const say = ({ label, value }: typeof own[number]) => `${label} ${value.toFixed(1)} %`;
    return `${name}: ${result.top1.toFixed(2)} % of all; lowest ${say(own[0])}, highest ${
      say(own[own.length - 1])
    }`;
  });
  const where = {
    y: {
      field: "label",
      type: "nominal" as const,
      sort: names,
      title: null,
      axis: { ticks: false, domain: false, labelLimit: 130, labelFontSize: 11 },
    },
    ...(runs.length > 1 && { yOffset: { field: "run", sort: order } }),
    x: {
      field: "value",
      type: "quantitative" as const,
      title: null,
      scale: { domain: [0, 100] },
      axis: { tickCount: 5, format: "d", labelExpr: "datum.label + ' %'", domain: false },
    },
  };
  const band = runs.length > 1 ? Math.max(22, 13 * runs.length + 4) : 22;
  return {
    id,
    title: "Accuracy by class",
    alt: `Accuracy by class, ${names.length} classes. ${extremes.join(". ")}.`,
    spec: {
      width: 300,
      height: { step: names.length > MOST_TICKS ? 12 : band, for: "position" },
      data: { values: bars },
      title: title("Share of each class's test images that are classified right"),
      layer: [
        {
          mark: { type: "bar", cornerRadiusEnd: 2, height: { band: 0.82 } },
          encoding: {
            ...where,
            color: {
              field: "run",
              type: "nominal",
              title: null,
              scale: {
                domain: order,
                range: order.map((_, i) => SERIES_COLORS[i % SERIES_COLORS.length]),
              },
              legend: runs.length > 1 ? { columns: 1 } : null,
            },
          },
        },
        {
          mark: { type: "text", align: "left", dx: 4, fontSize: 10, color: "currentColor" },
          encoding: { ...where, text: { field: "value", type: "quantitative", format: ".1f" } },
        },
      ],
    },
  };
}

/** All of the places, with a margin. */
function span(places: readonly (readonly [number, number])[], axis: 0 | 1) {
  const values = places.map((place) => place[axis]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.03 * (high - low || 1);
  return { domain: [low - margin, high + margin], nice: false, zero: false };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

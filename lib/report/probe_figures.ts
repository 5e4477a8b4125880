/**
 * Figures of what a probe found: its confusions, and its accuracy by class.
 *
 * @module
 */
import type { ClassifierResult } from "../run/results.ts";
import { type Figure, SERIES_COLORS } from "./curves.ts";
import type { ChartSpec } from "./figure.ts";

/** More classes than this have no counts in the cells of a confusion matrix. */
const MOST_COUNTED = 12;
/** More classes than this have no names beside one. */
const MOST_TICKS = 40;

/** Where the true classes went: shares of each row. */
export function confusionFigure(id: string, run: string, result: ClassifierResult): Figure {
  const { classes: names, confusion } = result;
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
    labelLimit: 150,
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
  runs: readonly { readonly name: string; readonly result: ClassifierResult }[],
): Figure {
  const names = [...new Set(runs.flatMap(({ result }) => result.classes))];
  const order = runs.map(({ name }) => name);
  const bars = runs.flatMap(({ name, result }) =>
    Object.entries(result.perClass).flatMap(([label, value]) =>
      value === null ? [] : [{ run: name, label, value }]
    )
  );
  const extremes = runs.flatMap(({ name, result }) => {
    const own = bars.filter(({ run }) => run === name).sort((a, b) => a.value - b.value);
    if (own.length === 0) return [];
    const shown = ({ label, value }: typeof own[number]) => `${label} ${value.toFixed(1)} %`;
    return `${name}: ${result.top1.toFixed(2)} % of all; lowest ${shown(own[0])}, highest ${
      shown(own[own.length - 1])
    }`;
  });
  const where = {
    y: {
      field: "label",
      type: "nominal" as const,
      sort: names,
      title: null,
      axis: { ticks: false, domain: false, labelLimit: 180, labelFontSize: 11 },
    },
    ...(runs.length > 1 && { yOffset: { field: "run", sort: order } }),
    x: {
      field: "value",
      type: "quantitative" as const,
      title: null,
      scale: { domain: [0, 100] },
      axis: {
        values: [0, 25, 50, 75, 100],
        labelExpr: "datum.label + ' %'",
        labelFontSize: 11,
        ticks: false,
        domain: false,
      },
    },
  };
  const band = runs.length > 1 ? Math.max(22, 13 * runs.length + 4) : 22;
  return {
    id,
    title: "Accuracy by class",
    alt: `Accuracy by class, ${names.length} classes. ${extremes.join(". ")}.`,
    spec: {
      title: { text: "Accuracy by class", fontSize: 13, fontWeight: "normal", anchor: "start" },
      width: runs.length > 1 ? 480 : 300,
      height: { step: names.length > MOST_TICKS ? 12 : band, for: "position" },
      data: { values: bars },
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

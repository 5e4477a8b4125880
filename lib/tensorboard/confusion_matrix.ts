/**
 * A confusion matrix as a picture.
 *
 * @module
 */
import { type ChartSpec, figure } from "../report/figure.ts";

/** With more classes than this, there is no room for counts. */
const COUNTED = 20;
/** The side of the matrix at most, in pixels before the picture is enlarged. */
const WIDEST = 1200;

/** A picture, and its size in pixels. */
export interface Png {
  /** The file. */
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Draws {@linkcode confusionMatrix} under a title. */
export async function confusionMatrixPng(
  title: string,
  names: readonly string[],
  counts: readonly (readonly number[])[],
): Promise<Png> {
  const { default: sharp } = await import("sharp");
  const svg = await figure([[confusionMatrix(names, counts)]], title);
  // 96 dots per inch is the size as drawn; twice that is sharp on screens of today.
  const { data, info: { width, height } } = await sharp(new TextEncoder().encode(svg), {
    density: 192,
  }).flatten({ background: "white" }).png().toBuffer({ resolveWithObject: true });
  return { png: new Uint8Array(data), width, height };
}

/**
 * A chart of counts [true class][predicted class]: each cell shaded by its share of the true class,
 * and where the classes are few with its count.
 *
 * @param names the classes, which are distinct
 */
export function confusionMatrix(
  names: readonly string[],
  counts: readonly (readonly number[])[],
): ChartSpec {
  const values = counts.flatMap((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({
      label: names[label],
      predicted: names[predicted],
      count,
      share: total > 0 ? count / total : 0,
    }));
  });
  const counted = names.length <= COUNTED;
  const size = Math.min(36, WIDEST / names.length);
  const axis = {
    labelLimit: 160,
    labelFontSize: Math.min(12, size),
    labelOverlap: true,
    domain: false,
    ticks: false,
  };
  const encoding = {
    x: {
      field: "predicted",
      type: "nominal" as const,
      title: "predicted class",
      sort: null,
      axis: { ...axis, labelAngle: -45 },
    },
    y: { field: "label", type: "nominal" as const, title: "true class", sort: null, axis },
  };
  return {
    width: size * names.length,
    height: size * names.length,
    data: { values },
    encoding,
    layer: [
      {
        mark: { type: "rect" },
        encoding: {
          color: {
            field: "share",
            type: "quantitative",
            scale: { domain: [0, 1], range: ["#ffffff", "#1f4e79"] },
            legend: null,
          },
        },
      },
      ...(counted
        ? [{
          transform: [{ filter: "datum.count > 0" }],
          mark: { type: "text" as const, fontSize: 11 },
          encoding: {
            text: { field: "count", type: "quantitative" as const },
            color: {
              condition: { test: "datum.share > 0.5", value: "white" },
              value: "black",
            },
          },
        }]
        : []),
    ],
  };
}

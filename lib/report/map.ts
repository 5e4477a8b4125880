/**
 * The map of test images: the figure, and how the page lets it be explored.
 *
 * @module
 */
import { median } from "../timing.ts";
import type { Figure } from "./curves.ts";
import { type Drawing, picture } from "./figure.ts";
import { Html, html } from "./html.ts";
import { className } from "./neighbor_grid.ts";
import type { TestImages } from "./test_images.ts";

/**
 * Colors of classes: Petroff's ten (2021, arXiv:2107.02270), chosen to be told apart with every
 * color vision, on light and on dark. Ten classes more have another shape.
 */
const CLASS_COLORS: readonly string[] = [
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

/** Pixels of a map. */
const WIDTH = 520;
const HEIGHT = 440;

/** The text behind a text, so that it can be read over points; a page's cards define the color. */
const HALO = "var(--card, white)";

export function classColor(label: number): string {
  return label < 0 ? "#8888" : CLASS_COLORS[label % CLASS_COLORS.length];
}

/** Test images on the plane, one point each, in their order; the names of classes amid them. */
export function mapFigure(id: string, run: string, images: TestImages): Figure {
  const { positions, labels, classes, indices, total } = images;
  const count = Math.max(0, ...(labels ?? [])) + 1;
  const name = (label: number) => label < 0 ? "unknown" : classes[label] ?? String(label);
  const points = positions.map(([x, y], i) => ({ x, y, label: labels?.[i] ?? -1 }));
  const known = Array.from({ length: count }, (_, label) => label);
  const centers = known.flatMap((label) => {
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
    x: { field: "x", type: "quantitative" as const, axis: null, scale: span(positions, 0) },
    y: { field: "y", type: "quantitative" as const, axis: null, scale: span(positions, 1) },
  };
  const text = {
    ...place,
    text: { field: "name", type: "nominal" as const },
  };
  const named = apart(centers, [span(positions, 0).domain, span(positions, 1).domain]);
  return {
    id,
    title: `UMAP of ${indices.length.toLocaleString("en")} test images`,
    alt: `Map of ${indices.length} of ${total} test images by the features of ${run}` +
      (centers.length > 0
        ? `, ${centers.length} classes: ${centers.map(({ name }) => name).join(", ")}.`
        : "."),
    spec: {
      width: WIDTH,
      height: HEIGHT,
      layer: [
        {
          data: { values: points },
          mark: {
            type: "point",
            filled: true,
            size: points.length > 500 ? 14 : 26,
            opacity: 0.85,
            aria: false,
          },
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
          data: { values: named },
          mark: {
            type: "text",
            fontSize: 12,
            fontWeight: 600,
            stroke: HALO,
            strokeWidth: 3.5,
            strokeJoin: "round",
            fill: HALO,
          },
          encoding: text,
        },
        {
          data: { values: named },
          mark: { type: "text", fontSize: 12, fontWeight: 600, color: "currentColor" },
          encoding: text,
        },
      ],
    },
  };
}

/** All of the positions, with a margin. */
function span(positions: readonly (readonly [number, number])[], axis: 0 | 1) {
  const values = positions.map((position) => position[axis]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.03 * (high - low || 1);
  return { domain: [low - margin, high + margin], nice: false, zero: false };
}

/** A name on a map. */
interface Label {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

/** Pixels of a line of text and, about, of a letter. */
const LINE = 16;
const LETTER = 7;

/** Names moved up and down until none covers another, and into the map. */
function apart(labels: readonly Label[], [xs, ys]: readonly (readonly number[])[]): Label[] {
  const boxes = labels.map(({ x, y, name }) => ({
    x: WIDTH * (x - xs[0]) / (xs[1] - xs[0]),
    y: HEIGHT * (y - ys[0]) / (ys[1] - ys[0]),
    half: LETTER * name.length / 2,
  }));
  for (let round = 0; round < 100; round++) {
    boxes.forEach((a, i) => {
      for (const b of boxes.slice(i + 1)) {
        const overlap = LINE - Math.abs(a.y - b.y);
        if (overlap <= 0 || Math.abs(a.x - b.x) >= a.half + b.half) continue;
        const [low, high] = a.y <= b.y ? [a, b] : [b, a];
        low.y -= overlap / 2 + 0.01;
        high.y += overlap / 2 + 0.01;
      }
    });
    for (const box of boxes) {
      box.x = Math.min(WIDTH - box.half, Math.max(box.half, box.x));
      box.y = Math.min(HEIGHT - LINE / 2, Math.max(LINE / 2, box.y));
    }
  }
  return boxes.map(({ x, y }, i) => ({
    name: labels[i].name,
    x: xs[0] + x / WIDTH * (xs[1] - xs[0]),
    y: ys[0] + y / HEIGHT * (ys[1] - ys[0]),
  }));
}

/** The data on a map's images that the page's script reads. */
export interface MapData {
  /** The CSS class of the sheet. */
  readonly sheet: string;
  /** How many images the sheet has in a row, and how many rows. */
  readonly columns: number;
  readonly rows: number;
  /** By image: its number in the split. */
  readonly indices: readonly number[];
  /** Its class, −1 where unknown. */
  readonly labels: readonly number[];
  /** The names of the classes. */
  readonly classes: readonly string[];
  /** Its nearest images. */
  readonly neighbors: readonly (readonly number[])[];
}

/** Neighbors that are shown of an image. */
const SHOWN = 8;

/** The map; `id` is what its names begin with. */
export function mapView(id: string, drawing: Drawing, images: TestImages, sheet: string): Html {
  const { indices, labels, neighbors } = images;
  const data: MapData = {
    sheet,
    columns: images.sheet.columns,
    rows: images.sheet.rows,
    indices: [...indices],
    labels: labels ? [...labels] : [...indices].map(() => -1),
    classes: images.classes,
    neighbors: neighbors.map(({ rows }) => rows.slice(0, SHOWN)),
  };
  const present = [...new Set(data.labels)].filter((label) => label >= 0).sort((a, b) => a - b);
  const first = (label: number) => className(images, data.labels.indexOf(label));
  return html`
    <figure class="map" data-map="${id}-data">
      <div class="plane card" tabindex="0" role="application" aria-label="${drawing.alt}"
        aria-describedby="${id}-keys">
    ${picture(drawing)}<div class="tip" aria-live="polite" hidden></div></div>
      <div class="side">
    <div class="panel card" aria-live="polite"><p class="muted" id="${id}-keys">Point at the map to see
    an image; click, or press Enter, to keep it here with its nearest ones. With the keyboard, the arrow
    keys go from image to image, Escape lets go.</p></div>
    ${present.length > 0 && present.length <= MOST_NAMED &&
      html`<div class="legend" role="group" aria-label="Show one class">${
        present.map((label) =>
          html`
            <button type="button" aria-pressed="false"
              data-label="${label}"><i style="background:${new Html(
                classColor(label),
              )}"></i>${first(label)}</button>
          `
        )
      }</div>`}</div>
      <script type="application/json" id="${id}-data">${new Html(
        JSON.stringify(data).replaceAll("<", "\\u003c"),
      )}</script>
      <figcaption>UMAP (<a href="https://arxiv.org/abs/1802.03426" rel="noreferrer">McInnes et al. 2018</a>)
    of the features of ${indices.length.toLocaleString("en")} of ${images.total.toLocaleString(
      "en",
    )} test images, by their 15 nearest under 1 − cosine. Near images are alike to the encoder; distances
    between groups mean little, and the axes nothing.</figcaption>
    </figure>
  `;
}

/**
 * The map of test images, to be explored.
 *
 * @module
 */
import { type Drawing, picture } from "./figure.ts";
import { classColor, MOST_NAMED } from "./map_figure.ts";
import { Html, html } from "./html.ts";
import { className } from "./neighbor_grid.ts";
import type { TestImages } from "./test_images.ts";

/** The data on a map's images that the page's script reads. */
export interface MapData {
  /** The CSS class of the sheet. */
  readonly sheet: string;
  /** How many tiles the sheet has in a row, and how many rows. */
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

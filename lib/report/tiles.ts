/**
 * Single images of a sheet, in HTML.
 *
 * @module
 */
import { Html, html } from "./html.ts";
import type { Sheet } from "./sheet.ts";
import type { TrainingViews } from "./training_views.ts";

/** The rule of a sheet: what has the class `name` shows its tile at `--x`, `--y`. */
export function sheetRule(name: string, { uri, columns, rows, width, height }: Sheet): string {
  return `.${name}{background-image:url(${uri});background-size:${100 * columns}% ${100 * rows}%;` +
    `aspect-ratio:${width}/${height}}`;
}

/** Where a tile is, as a style; percentages hold at any size. */
export function tileStyle(i: number, { columns, rows }: Pick<Sheet, "columns" | "rows">): string {
  const share = (at: number, count: number) => count > 1 ? 100 * at / (count - 1) : 0;
  return `background-position:${share(i % columns, columns)}% ${
    share(Math.floor(i / columns), rows)
  }%`;
}

/** An image. */
export function tile(name: string, sheet: Sheet, i: number, label: string): Html {
  return html`
    <span class="tile ${name}" role="img" aria-label="${label}" title="${label}"
      style="${new Html(tileStyle(i, sheet))}"></span>
  `;
}

/** The grid; the sheets have the classes `${sheet}-images` and `${sheet}-views`. */
export function viewsGrid(found: TrainingViews, sheet: string): Html {
  const { images, views, viewCount, imageShape, viewShape, indices, labels } = found;
  const size = ([height, width]: readonly number[]) => `${width}×${height}`;
  const shown = indices.map((index, i) => {
    const name = labels[i] ?? `number ${index}`;
    return html`
      <li>${tile(`${sheet}-images`, images, i, `${name}, training image ${index}`)}
      ${Array.from(
        { length: viewCount },
        (_, v) => tile(`${sheet}-views`, views, i * viewCount + v, `View ${v + 1} of ${name}`),
      )}<span class="name">${name}</span></li>
    `;
  });
  const words =
    `The first ${indices.length} images of the run’s first epoch. At the left of each ` +
    `the image (${
      size(imageShape)
    }), then the ${viewCount} views of it that the encoder was given ` +
    `(${size(viewShape)}) and that the objective calls alike.`;
  return html`
    <figure>
      <ul class="views" style="--tiles:${viewCount + 1}">${shown}</ul>
      <figcaption>${words}</figcaption>
    </figure>
  `;
}

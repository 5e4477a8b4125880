/**
 * Single images of a sheet, in HTML.
 *
 * @module
 */
import { Html, html } from "./html.ts";
import type { Sheet } from "./sheet.ts";

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

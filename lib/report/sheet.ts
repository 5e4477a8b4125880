/**
 * Many small images as one, inside a page, and single ones of them in HTML.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { onDemand } from "../packages/on_demand.ts";
import { Html, html } from "./html.ts";
import type { TrainingViews } from "./training_views.ts";

/** Images as the tiles of one picture, row by row. */
export interface Sheet {
  /** The picture, as a data URI. */
  readonly uri: string;
  /** The number of tiles. */
  readonly count: number;
  /** Tiles in a row. */
  readonly columns: number;
  /** The number of rows. */
  readonly rows: number;
  /** The size of a tile in pixels. */
  readonly width: number;
  readonly height: number;
}

/** Throws UsageError unless examples of this shape are images that can be drawn, gray or RGB. */
export function checkDrawable(shape: readonly number[]): void {
  if (shape.length === 3 && (shape[2] === 1 || shape[2] === 3)) return;
  throw new UsageError({
    act: "draw the examples",
    rule: "they must be images [height, width, 1 or 3]",
    got: `[${shape.join(", ")}]`,
    next: "What needs no pictures is in the report.",
  });
}

/**
 * Puts images into one WebP picture, without loss where it is small enough.
 *
 * @param images bytes [n, ...shape]
 * @param shape [height, width, 1 or 3]
 * @param largest images that are higher or wider are made smaller, to so many pixels
 */
export async function sheetOf(
  images: Uint8Array,
  shape: readonly number[],
  largest: number,
): Promise<Sheet> {
  const { default: sharp } = await onDemand("sharp");
  const [height, width] = shape;
  const channels = shape[2] === 1 ? 1 : 3;
  const count = images.length / (height * width * channels);
  const scale = Math.min(1, largest / Math.max(height, width));
  const [tileHeight, tileWidth] = [height, width].map((n) => Math.max(1, Math.round(scale * n)));
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const stride = columns * tileWidth * channels;
  const pixels = new Uint8Array(rows * tileHeight * stride);
  const size = height * width * channels;
  for (let i = 0; i < count; i++) {
    const image = images.subarray(i * size, (i + 1) * size);
    const tile = scale === 1 ? image : await sharp(image, { raw: { width, height, channels } })
      .resize(tileWidth, tileHeight).toColourspace(channels === 1 ? "b-w" : "srgb").raw()
      .toBuffer();
    const corner = Math.floor(i / columns) * tileHeight * stride +
      (i % columns) * tileWidth * channels;
    for (let y = 0; y < tileHeight; y++) {
      const line = y * tileWidth * channels;
      pixels.set(tile.subarray(line, line + tileWidth * channels), corner + y * stride);
    }
  }
  const raw = { width: columns * tileWidth, height: rows * tileHeight, channels } as const;
  const picture = await sharp(pixels, { raw })
    .webp(pixels.length < LOSSLESS ? { lossless: true } : { quality: 82 }).toBuffer();
  return {
    uri: `data:image/webp;base64,${picture.toString("base64")}`,
    count,
    columns,
    rows,
    width: tileWidth,
    height: tileHeight,
  };
}

/** Pictures of fewer bytes are kept to the pixel. */
const LOSSLESS = 400_000;

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

/**
 * Many small images as one, inside a page, and single ones of them in HTML.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { onDemand } from "../packages/on_demand.ts";
import { Html, html } from "./html.ts";
import type { TrainingViews } from "./training_views.ts";

/** Images in one picture, row by row. */
export interface SpriteSheet {
  /** The picture, as a data URI. */
  readonly uri: string;
  /** The number of images. */
  readonly count: number;
  /** Images in a row. */
  readonly columns: number;
  /** The number of rows. */
  readonly rows: number;
  /** The size of an image in pixels. */
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
export async function spriteSheet(
  images: Uint8Array,
  shape: readonly number[],
  largest: number,
): Promise<SpriteSheet> {
  const { default: sharp } = await onDemand("sharp");
  const [height, width] = shape;
  const channels = shape[2] === 1 ? 1 : 3;
  const count = images.length / (height * width * channels);
  const scale = Math.min(1, largest / Math.max(height, width));
  const [spriteHeight, spriteWidth] = [height, width].map((n) =>
    Math.max(1, Math.round(scale * n))
  );
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const stride = columns * spriteWidth * channels;
  const pixels = new Uint8Array(rows * spriteHeight * stride);
  const size = height * width * channels;
  for (let i = 0; i < count; i++) {
    const image = images.subarray(i * size, (i + 1) * size);
    const small = scale === 1 ? image : await sharp(image, { raw: { width, height, channels } })
      .resize(spriteWidth, spriteHeight).toColourspace(channels === 1 ? "b-w" : "srgb").raw()
      .toBuffer();
    const corner = Math.floor(i / columns) * spriteHeight * stride +
      (i % columns) * spriteWidth * channels;
    for (let y = 0; y < spriteHeight; y++) {
      const line = y * spriteWidth * channels;
      pixels.set(small.subarray(line, line + spriteWidth * channels), corner + y * stride);
    }
  }
  const raw = { width: columns * spriteWidth, height: rows * spriteHeight, channels } as const;
  const picture = await sharp(pixels, { raw })
    .webp(pixels.length < LOSSLESS ? { lossless: true } : { quality: 82 }).toBuffer();
  return {
    uri: `data:image/webp;base64,${picture.toString("base64")}`,
    count,
    columns,
    rows,
    width: spriteWidth,
    height: spriteHeight,
  };
}

/** Pictures of fewer bytes are kept to the pixel. */
const LOSSLESS = 400_000;

/** The CSS rule of a sprite sheet: elements of the class `name` show an image of it. */
export function spriteRule(
  name: string,
  { uri, columns, rows, width, height }: SpriteSheet,
): string {
  return `.${name}{background-image:url(${uri});background-size:${100 * columns}% ${100 * rows}%;` +
    `aspect-ratio:${width}/${height}}`;
}

/** Where an image is, as a style; percentages hold at any size. */
export function spriteStyle(
  i: number,
  { columns, rows }: Pick<SpriteSheet, "columns" | "rows">,
): string {
  const share = (at: number, count: number) => count > 1 ? 100 * at / (count - 1) : 0;
  return `background-position:${share(i % columns, columns)}% ${
    share(Math.floor(i / columns), rows)
  }%`;
}

export function sprite(name: string, sheet: SpriteSheet, i: number, label: string): Html {
  return html`
    <span class="tile ${name}" role="img" aria-label="${label}" title="${label}"
      style="${new Html(spriteStyle(i, sheet))}"></span>
  `;
}

/** The grid; the sheets have the classes `${sheet}-images` and `${sheet}-views`. */
export function viewsGrid(found: TrainingViews, sheet: string): Html {
  const { images, views, viewCount, imageShape, viewShape, indices, labels } = found;
  const size = ([height, width]: readonly number[]) => `${width}×${height}`;
  const shown = indices.map((index, i) => {
    const name = labels[i] ?? `number ${index}`;
    return html`
      <li>${sprite(`${sheet}-images`, images, i, `${name}, training image ${index}`)}
      ${Array.from(
        { length: viewCount },
        (_, v) => sprite(`${sheet}-views`, views, i * viewCount + v, `View ${v + 1} of ${name}`),
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

/** Many small images as one file. */
import sharp from "sharp";
import { type Dataset, UsageError } from "@tauplus/tauplus";

/** Thumbnails are this high and wide at most, in pixels. */
const LARGEST = 64;

/**
 * The examples of a split as the tiles of one WebP image, row by row, ⌈√n⌉ in a row; larger images
 * are made smaller. Throws a UsageError where they are no images of bytes, gray or RGB.
 */
export async function sprite(
  dataset: Dataset,
  split: string,
  indices: Int32Array,
): Promise<Uint8Array> {
  const [height, width, channels] = dataset.shape;
  const images = await dataset.splits[split].read(indices);
  if (!(images instanceof Uint8Array) || (channels !== 1 && channels !== 3)) {
    throw new UsageError({
      act: "draw the examples",
      rule: "they must be images of bytes, [height, width, 1 or 3]",
      got: `[${dataset.shape}]`,
      next: "Choose a run on images.",
    });
  }
  const columns = Math.ceil(Math.sqrt(indices.length));
  const rows = Math.ceil(indices.length / columns);
  const scale = Math.min(1, LARGEST / Math.max(height, width));
  const [tileHeight, tileWidth] = [height, width].map((n) => Math.round(scale * n));
  const sheet = new Uint8Array(rows * tileHeight * columns * tileWidth * channels);
  const size = height * width * channels;
  for (let i = 0; i < indices.length; i++) {
    const image = images.subarray(i * size, (i + 1) * size);
    const tile = await sharp(image, { raw: { width, height, channels } })
      .resize(tileWidth, tileHeight).toColourspace(channels === 1 ? "b-w" : "srgb").raw()
      .toBuffer();
    const [top, left] = [Math.floor(i / columns) * tileHeight, (i % columns) * tileWidth];
    for (let y = 0; y < tileHeight; y++) {
      const line = tile.subarray(y * tileWidth * channels, (y + 1) * tileWidth * channels);
      sheet.set(line, ((top + y) * columns * tileWidth + left) * channels);
    }
  }
  const raw = { width: columns * tileWidth, height: rows * tileHeight, channels } as const;
  return await sharp(sheet, { raw }).webp({ quality: 90 }).toBuffer();
}

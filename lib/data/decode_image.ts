/**
 * One image file to pixels, by sharp.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { onDemand } from "../packages/on_demand.ts";

/** The most pixels an image may have, 16,384 × 16,384: sharp refuses more before it takes memory. */
export const MAX_PIXELS = 2 ** 28;

/**
 * Decodes the image at `path` to 8-bit sRGB, [size, size, 3]: turned upright by its EXIF
 * orientation, its transparent parts on black, its shorter side resized to `size`, its center cut
 * out. Gray, 16-bit, palette and CMYK images are converted; of an animation, the first frame.
 *
 * @param scale what the values of an image of more than 8 bits are multiplied by, so that white is
 * 65,535 of 16 bits and 255 of all others; see `checkImages`
 * @throws DataError where the file is missing, truncated, damaged or no image.
 */
export async function decodeImage(path: string, size: number, scale = 1): Promise<Uint8Array> {
  const { default: sharp } = await onDemand("sharp");
  try {
    // The bytes rather than the path: sharp keeps what it read of a path after the file changed.
    const bytes = await Deno.readFile(path);
    const image = sharp(bytes, { failOn: "error", limitInputPixels: MAX_PIXELS })
      .autoOrient()
      .flatten({ background: "#000000" })
      .resize(size, size, { fit: "cover", position: "center" });
    const { data, info } = await (scale === 1 ? image : image.linear(scale))
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels === 3) return data;
    throw new Error(`${info.channels} channels, not those of a gray or color image`);
  } catch (cause) {
    throw new DataError({
      act: `read ${path}`,
      rule: "it must be a whole image that sharp can decode",
      got: cause,
      next: "Replace the file, or remove it from the folder.",
      cause,
    });
  }
}

/** How an image stores its values. */
export interface Depth {
  /** `uchar` of 8 bits, `ushort` of 16, `float`, …, as sharp names them. */
  readonly depth: string;
  /** Pages or frames, of which the first is read. */
  readonly pages: number;
}

/** Reads the header of the image at `path`. Throws an Error where sharp cannot, saying why. */
export async function readHeader(path: string): Promise<Depth> {
  const { default: sharp } = await onDemand("sharp");
  const { depth, pages = 1 } = await sharp(path, { limitInputPixels: MAX_PIXELS }).metadata();
  return { depth, pages };
}

/**
 * The smallest and largest value of the image at `path`, over all channels; not finite where one of
 * its values is not. Reads all of it; throws an Error where sharp cannot, saying why.
 */
export async function valueRange(path: string): Promise<{ min: number; max: number }> {
  const { default: sharp } = await onDemand("sharp");
  const bytes = await Deno.readFile(path);
  const options = { failOn: "error", limitInputPixels: MAX_PIXELS } as const;
  const { channels } = await sharp(bytes, options).stats();
  // Of values that are not finite, libvips gives a mean that is not, and a range that is no range.
  const finite = channels.every(({ mean }) => Number.isFinite(mean));
  return {
    min: finite ? Math.min(...channels.map(({ min }) => min)) : NaN,
    max: finite ? Math.max(...channels.map(({ max }) => max)) : NaN,
  };
}

/**
 * One image file to pixels, by sharp.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { onDemand } from "../packages/on_demand.ts";

/**
 * Decodes the image at `path` to 8-bit sRGB, [size, size, 3]: turned upright by its EXIF
 * orientation, its transparent parts on black, its shorter side resized to `size`, its centre cut
 * out. Grey, 16-bit, palette and CMYK images are converted; of an animation, the first frame.
 *
 * Throws DataError where the file is missing, truncated, damaged or no image.
 */
export async function decodeImage(path: string, size: number): Promise<Uint8Array> {
  const { default: sharp } = await onDemand("sharp");
  try {
    // The bytes rather than the path: sharp keeps what it read of a path after the file changed.
    const bytes = await Deno.readFile(path);
    return await sharp(bytes, { failOn: "error" })
      .autoOrient()
      .flatten({ background: "#000000" })
      .resize(size, size, { fit: "cover", position: "centre" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer();
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

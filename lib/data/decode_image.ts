/**
 * One image file to pixels, by sharp; and what kind of image it is, by its first bytes: its name
 * decides only where they do not.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { onDemand } from "../packages/on_demand.ts";
import { readFile } from "../files.ts";

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
    const bytes = await readFile(path);
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
 * The smallest and largest value of the image at `path`, over all channels, in float32; both NaN if
 * one of its values is not finite. Reads all of it; throws an Error where sharp cannot, saying why.
 */
export async function valueRange(path: string): Promise<{ min: number; max: number }> {
  const { default: sharp } = await onDemand("sharp");
  const image = sharp(await readFile(path), { failOn: "error", limitInputPixels: MAX_PIXELS });
  // In its own color space, since a conversion cuts values off; sharp's stats() cuts off fractions.
  const { space } = await image.metadata();
  const { buffer } = new Uint8Array(
    await image.toColourspace(space).raw({ depth: "float" }).toBuffer(),
  );
  let min = Infinity, max = -Infinity;
  for (const value of new Float32Array(buffer)) {
    if (!Number.isFinite(value)) return { min: NaN, max: NaN };
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

interface ImageKind {
  /** `JPEG`, `HEIC`, … */
  readonly name: string;
  /** Whether sharp decodes it. */
  readonly readable: boolean;
}

/** As many first bytes as {@linkcode imageKind} looks at. */
export const HEAD_BYTES = 160;

/** What sharp reads, by extension. */
const READABLE = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif)$/i;

/** Images that sharp cannot read, by extension. Files of cameras begin as a TIFF does. */
const FOREIGN: readonly (readonly [string, RegExp])[] = [
  ["camera raw", /\.(dng|cr2|cr3|nef|arw|orf|rw2|raf|pef|srw)$/i],
  ["HEIC", /\.(heic|heif|hif)$/i],
  ["JPEG XL", /\.jxl$/i],
  ["BMP", /\.(bmp|dib)$/i],
  ["JPEG 2000", /\.(jp2|j2k|jpf|jpx)$/i],
  ["PNM", /\.(pbm|pgm|ppm|pnm|pam)$/i],
  ["Photoshop", /\.(psd|psb)$/i],
  ["OpenEXR", /\.exr$/i],
  ["Radiance HDR", /\.hdr$/i],
  ["DICOM", /\.(dcm|dicom)$/i],
  ["SVG", /\.svgz?$/i],
];

/** First bytes (Latin-1) of readable kinds, then of others. AVIF and HEIC are told apart by brand. */
const BEGINNINGS: readonly (readonly [RegExp, string, boolean])[] = [
  [/^\xff\xd8\xff/, "JPEG", true],
  [/^\x89PNG\r\n[^]\n/, "PNG", true],
  [/^GIF8[79]a/, "GIF", true],
  [/^RIFF[^]{4}WEBP/, "WebP", true],
  [/^(II[*+]\0|MM\0[*+])/, "TIFF", true],
  [/^\0\0\0[^]ftyp([^]{4})*?avi[fs]/, "AVIF", true],
  [/^\0\0\0[^]ftyp(hei[cxms]|hev[cxms]|mif1|msf1)/, "HEIC", false],
  [/^(\xff\n|\0\0\0\fJXL )/, "JPEG XL", false],
  // The size of its second header and one color plane: two letters alone begin texts too.
  [/^BM[^]{12}[\f\x28\x34\x38\x40\x6c\x7c]\0\0\0/, "BMP", false],
  [/^(\0\0\0\fjP {2}|\xff\x4f\xff\x51)/, "JPEG 2000", false],
  [/^P[1-7]\s+(#|\d|WIDTH)/, "PNM", false],
  [/^8BPS/, "Photoshop", false],
  [/^v\/1[^]/, "OpenEXR", false],
  [/^#\?(RADIANCE|RGBE)/, "Radiance HDR", false],
  [/^[^]{128}DICM/, "DICOM", false],
];

/** The kind of a file from its name and its first bytes; undefined where it is no image. */
export function imageKind(name: string, head: Uint8Array): ImageKind | undefined {
  // Names of bytes, one character each.
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES));
  const found = BEGINNINGS.find(([beginning]) => beginning.test(text));
  const foreign = FOREIGN.find(([, extension]) => extension.test(name));
  if (found && !(found[1] === "TIFF" && foreign)) return { name: found[1], readable: found[2] };
  return foreign && { name: foreign[0], readable: false };
}

/** Whether a file that cannot be read is an image by its name. */
export function isNamedAsImage(name: string): boolean {
  return READABLE.test(name);
}

/**
 * Whether an image ends as its kind does, by its last 12 bytes: one that does not may be cut short,
 * or have something after its end. Kinds without such an end always do.
 */
export function endsWhole(kind: string, head: Uint8Array, tail: Uint8Array, size: number): boolean {
  const ends = (...bytes: number[]) => bytes.every((byte, i) => tail.at(i - bytes.length) === byte);
  switch (kind) {
    case "JPEG":
      return ends(0xff, 0xd9);
    case "PNG":
      return ends(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);
    case "GIF":
      return ends(0x3b);
    case "WebP":
      return new DataView(head.buffer, head.byteOffset).getUint32(4, true) + 8 <= size;
    default:
      return true;
  }
}

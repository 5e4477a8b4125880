/**
 * What kind of image a file is, by its first bytes; its name decides only where they do not.
 *
 * @module
 */

export interface ImageKind {
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

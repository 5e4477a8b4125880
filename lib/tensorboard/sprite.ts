/**
 * Many small pictures in one, as TensorBoard's projector shows them.
 *
 * @module
 */
import { turn } from "../evaluate/turn.ts";
import { onDemand } from "../packages/on_demand.ts";
import type { Split } from "../plugin.ts";

/** The longer side of a picture at most; 100 × 100 of them are within the 8192 pixels of browsers. */
const LARGEST = 48;

/** Examples read at a time. */
const BATCH = 256;

/** A square grid of pictures, row by row, as many down as across. */
export interface Sprite {
  /** The file. */
  readonly png: Uint8Array;
  /** The size of one picture in pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * The pictures of some examples of a split; undefined where they are no images: bytes of shape
 * [height, width, 1 or 3].
 */
export async function spriteOf(
  split: Split,
  shape: readonly number[],
  indices: Int32Array,
  { signal }: { readonly signal?: AbortSignal },
): Promise<Sprite | undefined> {
  const [fullHeight, fullWidth, channels] = shape;
  if (shape.length !== 3 || (channels !== 1 && channels !== 3) || indices.length === 0) return;
  const { default: sharp } = await onDemand("sharp");
  const scale = Math.min(1, LARGEST / Math.max(fullHeight, fullWidth));
  const height = Math.max(1, Math.round(fullHeight * scale));
  const width = Math.max(1, Math.round(fullWidth * scale));
  const small = async (image: Uint8Array) =>
    scale === 1 ? image : await sharp(image, {
      raw: { width: fullWidth, height: fullHeight, channels },
    }).resize(width, height, { fit: "fill" }).raw().toBuffer();

  const across = Math.ceil(Math.sqrt(indices.length));
  const stride = across * width * channels;
  const grid = new Uint8Array(across * height * stride);
  for (let start = 0; start < indices.length; start += BATCH) {
    await turn(signal);
    const batch = indices.subarray(start, start + BATCH);
    const examples = await split.read(batch);
    if (!(examples instanceof Uint8Array)) return;
    const size = fullHeight * fullWidth * channels;
    const images = await Promise.all(
      Array.from(batch, (_, i) => small(examples.subarray(i * size, (i + 1) * size))),
    );
    images.forEach((image, i) => {
      const [row, column] = [Math.floor((start + i) / across), (start + i) % across];
      const corner = row * height * stride + column * width * channels;
      for (let y = 0; y < height; y++) {
        const line = image.subarray(y * width * channels, (y + 1) * width * channels);
        grid.set(line, corner + y * stride);
      }
    });
  }
  const side = { width: across * width, height: across * height };
  const png = await sharp(grid, { raw: { ...side, channels } }).png().toBuffer();
  return { png: new Uint8Array(png), width, height };
}

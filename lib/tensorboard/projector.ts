/**
 * Features for TensorBoard's projector, with classes and pictures:
 *
 *     projector_config.pbtxt    names the others
 *     tensors.tsv               a row of numbers per example
 *     metadata.tsv              its class and its place in the split; absent without labels
 *     sprite.png                all pictures in one; absent where examples are no images
 *
 * @module
 */
import { join } from "node:path";
import { type FeatureOptions, featureRows } from "../evaluate/features.ts";
import { findSplit } from "../splits.ts";
import { writeAtomic } from "../files.ts";
import { yieldToEvents } from "../yield_to_events.ts";
import { onDemand } from "../packages/on_demand.ts";
import type { Split } from "../plugin.ts";

/** The browser holds all points and their numbers: more would be slow there. */
const MOST_POINTS = 10_000;
const MOST_NUMBERS = 5_000_000;

/**
 * Writes the features of a split to a folder: of all its examples, or where that is too much for a
 * browser of some at even distances. Returns how many.
 *
 * Throws what {@linkcode featureRows} throws, and DataError where a file cannot be written.
 *
 * @param most examples at most
 */
export async function writeProjector(
  folder: string,
  options: FeatureOptions,
  most: number = MOST_POINTS,
): Promise<number> {
  const { dataset, encoder: { dim } } = options;
  const split = findSplit(dataset, options.split);
  const count = Math.min(split.length, most, Math.floor(MOST_NUMBERS / dim));
  const indices = Int32Array.from(
    { length: count },
    (_, i) => Math.floor(i * split.length / count),
  );
  const features = await featureRows(options, indices);
  const { labels } = split;
  const classes = labels?.some((label) => label >= 0)
    ? metadata(labels, indices, dataset.classes)
    : undefined;
  const sprite = await spriteOf(split, dataset.shape, indices, options);

  await Deno.mkdir(folder, { recursive: true });
  const write = async (name: string, contents: Uint8Array | string | undefined) => {
    const path = join(folder, name);
    if (contents !== undefined) await writeAtomic(path, contents);
    // Of an earlier state of the run.
    else await Deno.remove(path).catch(() => {});
  };
  await write("tensors.tsv", tensors(features, count, dim));
  await write("metadata.tsv", classes);
  await write("sprite.png", sprite?.png);
  await write("projector_config.pbtxt", config(options.split, classes !== undefined, sprite));
  return count;
}

/** A `ProjectorConfig` as text of protocol buffers; paths are from its own folder. */
function config(split: string, classes: boolean, sprite: Sprite | undefined): string {
  return [
    "embeddings {",
    `  tensor_name: ${JSON.stringify(`features of ${split}`)}`,
    '  tensor_path: "tensors.tsv"',
    ...(classes ? ['  metadata_path: "metadata.tsv"'] : []),
    ...(sprite
      ? [
        "  sprite {",
        '    image_path: "sprite.png"',
        `    single_image_dim: ${sprite.width}`,
        `    single_image_dim: ${sprite.height}`,
        "  }",
      ]
      : []),
    "}",
    "",
  ].join("\n");
}

/** Six digits: a float32 has seven, and no eye sees the last. */
function tensors(features: Float32Array, count: number, dim: number): string {
  const row = (i: number) =>
    Array.from(features.subarray(i * dim, (i + 1) * dim), (x) => Number(x.toPrecision(6)));
  return Array.from({ length: count }, (_, i) => row(i).join("\t") + "\n").join("");
}

function metadata(labels: Int32Array, indices: Int32Array, classes: readonly string[]): string {
  const name = (label: number) =>
    label < 0 ? "unlabeled" : (classes[label] ?? String(label)).replace(/\s/g, " ");
  const rows = Array.from(indices, (index) => `${name(labels[index])}\t${index}\n`);
  return "class\tindex\n" + rows.join("");
}

/** The longer side of a picture at most; 100 × 100 of them are within the 8192 pixels of browsers. */
const LARGEST = 48;

/** Examples read at a time. */
const BATCH = 256;

/** A square grid of pictures, row by row, as many down as across. */
interface Sprite {
  readonly png: Uint8Array;
  /** The size of one picture in pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * The pictures of some examples of a split; undefined where they are no images: bytes of shape
 * [height, width, 1 or 3].
 */
async function spriteOf(
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
    await yieldToEvents(signal);
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

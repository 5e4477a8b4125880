/**
 * Looking at files before any is used: which are images, which of them cannot be read, and how the
 * values of those of more than 8 bits become 8 bits.
 *
 * @module
 */
import { openFile } from "../files.ts";
import type { Progress } from "../plugin.ts";
import {
  endsWhole,
  HEAD_BYTES,
  imageKind,
  isNamedAsImage,
  readHeader,
  valueRange,
} from "./decode_image.ts";

/** How to look at files. */
export interface CheckOptions {
  /** The value that is white in images of more than 8 bits; 0: 65,535 of 16 bits, 1 of floats. */
  readonly maxValue: number;
  /** Whether each image is decoded, which finds all damage; else headers and ends are looked at. */
  readonly whole: boolean;
  /** Decodes an image, for those that are to be read whole. */
  decode(path: string, scale: number): Promise<unknown>;
  /** Called with the number of files checked so far. */
  readonly progress: (progress: Progress) => void;
  /** Stops between two files. */
  readonly signal: AbortSignal;
}

/** What some files are. */
export interface CheckedImages {
  /** What the values of an image are multiplied by, by path: the images that can be read. */
  readonly scales: ReadonlyMap<string, number>;
  /** Images that cannot be read, and why. */
  readonly bad: ReadonlyMap<string, string>;
  /** Images of kinds that sharp cannot read, by kind. */
  readonly foreign: ReadonlyMap<string, readonly string[]>;
  /** What is no image. */
  readonly others: readonly string[];
  /** Images of several pages or frames, of which the first is read. */
  readonly paged: readonly string[];
}

/** A file as its header and its end say. */
type InspectedFile =
  | { readonly bad: string }
  | { readonly foreign: string }
  | { readonly other: true }
  | { readonly depth: string; readonly pages: number; readonly suspect: boolean };

/** The largest value of each type of whole numbers whose white is not a matter of opinion. */
const WHITE: Readonly<Record<string, number>> = { ushort: 65_535, float: 1, double: 1 };

/** 16-bit images are looked at for their brightest value in so many of them. */
const SAMPLE = 64;

/** Up to this share of white all is a dark gray: so is what cameras of 12 bits write as 16. */
const DARK = 4095 / 65_535;

/** Inspects `paths`, several at a time. */
export async function checkImages(
  paths: readonly string[],
  options: CheckOptions,
): Promise<CheckedImages> {
  const scales = new Map<string, number>();
  const bad = new Map<string, string>();
  const foreign = new Map<string, string[]>();
  const [others, paged, suspects]: string[][] = [[], [], []];
  const deep = new Map<string, string>();
  const inspected = await mapAll("looking at images", paths, options, inspect);
  paths.forEach((path, i) => {
    const found = inspected[i];
    if ("bad" in found) bad.set(path, found.bad);
    else if ("other" in found) others.push(path);
    else if ("foreign" in found) {
      foreign.set(found.foreign, [...foreign.get(found.foreign) ?? [], path]);
    } else {
      scales.set(path, 1);
      if (found.depth !== "uchar") deep.set(path, found.depth);
      if (found.pages > 1) paged.push(path);
      if (found.suspect) suspects.push(path);
    }
  });
  const fail = (path: string, problem: string) => {
    scales.delete(path);
    bad.set(path, problem);
  };
  await scaleDeep(deep, options, scales, fail);

  const whole = (options.whole ? paths : suspects).filter((path) => scales.has(path));
  const task = options.whole ? "reading images" : "reading images without an end";
  const problems = await mapAll(task, whole, options, async (path) => {
    try {
      await options.decode(path, scales.get(path)!);
    } catch (error) {
      return reason(error);
    }
  });
  whole.forEach((path, i) => {
    const problem = problems[i];
    if (problem !== undefined) fail(path, problem);
  });
  return { scales, bad, foreign, others, paged };
}

async function inspect(path: string): Promise<InspectedFile> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  try {
    const { head, tail, size } = await ends(path);
    const kind = imageKind(name, head);
    if (kind?.readable) {
      const header = await readHeader(path);
      return { ...header, suspect: !endsWhole(kind.name, head, tail, size) };
    }
    if (kind) return { foreign: kind.name };
    if (!isNamedAsImage(name)) return { other: true };
    return { bad: size === 0 ? "it is empty" : "it does not begin as an image does" };
  } catch (error) {
    return isNamedAsImage(name) || !(error instanceof Deno.errors.NotFound)
      ? { bad: reason(error) }
      : { other: true };
  }
}

async function ends(path: string): Promise<{ head: Uint8Array; tail: Uint8Array; size: number }> {
  using file = openFile(path);
  const { size } = await file.stat();
  const read = async (at: number, count: number) => {
    const bytes = new Uint8Array(count);
    await file.seek(at, Deno.SeekMode.Start);
    return bytes.subarray(0, await file.read(bytes) ?? 0);
  };
  return { head: await read(0, HEAD_BYTES), tail: await read(Math.max(0, size - 12), 12), size };
}

/**
 * Finds what the values of images of more than 8 bits are multiplied by. Values beyond white are
 * refused, as are images of 16 bits or of floats that would all be near black: cut off or black in
 * silence, they would be trained on as something else than they are.
 */
async function scaleDeep(
  deep: ReadonlyMap<string, string>,
  options: CheckOptions,
  scales: Map<string, number>,
  fail: (path: string, problem: string) => void,
): Promise<void> {
  const { maxValue } = options;
  const whiteOf = (depth: string) => maxValue || WHITE[depth];
  const short = [...deep].filter(([, depth]) => depth === "ushort").map(([path]) => path);
  const step = maxValue > 0 ? 1 : Math.max(1, short.length / SAMPLE);
  const sample = new Set(short.filter((_, i) => Math.floor(i % step) === 0));
  const measured = [...deep].filter(([path, depth]) => depth !== "ushort" || sample.has(path));
  const ranges = await mapAll("measuring images", measured, options, async ([path]) => {
    return await valueRange(path).catch((error) => reason(error));
  });

  const found = new Map(measured.map(([path], i) => [path, ranges[i]]));
  const brightest: Record<string, number> = {};
  for (const [path, depth] of measured) {
    const range = found.get(path);
    if (typeof range === "object") brightest[depth] = Math.max(brightest[depth] ?? 0, range.max);
  }
  for (const [path, depth] of deep) {
    const white = whiteOf(depth);
    const range = found.get(path);
    if (typeof range === "string") fail(path, range);
    else if (range && !(range.min >= 0 && range.max <= Math.fround(white))) {
      fail(path, beyond(range, depth, white));
    } else if (maxValue === 0 && brightest[depth] > 0 && brightest[depth] <= DARK * white) {
      const kind = depth === "ushort" ? "16-bit" : depth;
      const most = shown(brightest[depth]);
      fail(path, `${kind} values up to ${most} of ${white} are near black: ${advice(most)}`);
    } else scales.set(path, (depth === "ushort" ? 65_535 : 255) / white);
  }
}

function beyond(range: { min: number; max: number }, depth: string, white?: number): string {
  const [min, max] = [range.min, range.max].map(shown);
  if (!Number.isFinite(max)) return `it has ${depth} values that are not finite numbers`;
  if (min < 0) return `it has ${depth} values from ${min} to ${max}: shift them to 0 or more`;
  return `it has ${depth} values from ${min} to ${max}${white ? `, not 0 to ${white}` : ""}: ` +
    advice(max);
}

/** A float32 in the nine digits that identify it. */
const shown = (value: number) => Number(value.toPrecision(9));

const advice = (max: number) => `--max_value=${max} or more says what is white`;

/** What sharp or the system says, on one line. What Deno does not allow is thrown: no image is at fault. */
function reason(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.trim().split(/\s*\n\s*/).slice(0, 2).join(" ");
}

/** What `fn` gives for each item, several at a time, with progress. */
export async function mapAll<T, R>(
  task: string,
  items: readonly T[],
  { progress, signal }: Pick<CheckOptions, "progress" | "signal">,
  fn: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let done = 0;
  const workOn = async () => {
    while (next < items.length) {
      signal.throwIfAborted();
      const i = next++;
      results[i] = await fn(items[i]);
      progress({ task, done: ++done, total: items.length, unit: "images" });
    }
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, workOn));
  return results;
}

/**
 * What a run came to. `results.json` is the training's own end: written last, so a run that has it is
 * finished. The folder `results` has what each probe found, a file for each probe and data: no result
 * takes the place of one that is of other data or of another checkpoint.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import type { Metrics } from "../plugin.ts";
import { jsonText, readText, writeAtomic, writeError } from "../files.ts";
import { checkNoLink, listCheckpoints } from "./run_folder.ts";

/** The name of the file that says that a run is finished. */
export const RESULTS = "results.json";

/** The folder of what the probes found. */
const FOLDER = "results";

const scores = z.record(z.string(), z.object({ top1: z.number(), top5: z.number() }));

const schema = z.object({
  device: z.string(),
  trained: scores,
  untrained: scores.optional(),
  pixels: scores.optional(),
});

/**
 * The device that computed, and top-1 and top-5 on the test split in percent by probe: of the
 * trained encoder, and where they were asked for of the encoder before training and of raw pixels.
 */
export type Results = z.output<typeof schema>;

/** The results of a run; undefined where it has none yet. */
export async function readResults(folder: string): Promise<Results | undefined> {
  try {
    return schema.parse(JSON.parse(await readText(join(folder, RESULTS))));
  } catch {
    return undefined; // to be written again
  }
}

const options = z.record(z.string(), z.unknown());

const sourceSchema = z.object({
  probe: z.string(),
  probe_options: options,
  dataset: z.string(),
  dataset_options: options,
  split: z.string(),
  train_examples: z.number(),
  test_examples: z.number(),
  checkpoint: z.string(),
  seed: z.number(),
});

/**
 * What a result is of: the probe and its options; the dataset, with its options and those of the
 * normalization by their flags; how many labeled examples the probe was fitted on, and evaluated on;
 * the checkpoint of the encoder.
 */
export type ResultSource = z.output<typeof sourceSchema>;

export interface ProbeResult {
  /** The file, in the run's folder. */
  readonly file: string;
  /** Whether it is of the run's newest checkpoint and of the data that the run was trained on. */
  readonly own: boolean;
  /** What it is of; version 0.1.0 did not say. */
  readonly judged?: ResultSource;
  readonly metrics: Readonly<Record<string, unknown>>;
}

/** A resolved configuration by flag, as `{ "dataset.path": … }`. */
type Flat = Readonly<Record<string, unknown>>;

/** The options of the dataset and of the normalization, by flag. */
export function dataOptions(flat: Flat): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flat).filter(([name]) => /^(dataset|normalization)\./.test(name)),
  );
}

/** How a result differs from one on the run's own data and weights; empty where it does not. */
export interface Variant {
  /** Of other data than the run was trained on, a digest of what they are. */
  readonly data: string;
  /** Of other weights than the newest checkpoint, the name of their file. */
  readonly weights: string;
}

/**
 * Whether a result is of the run's own data and newest checkpoint, or of which others.
 *
 * @param own the run's own resolved configuration
 * @param flat the one that was used
 * @param file the file that the encoder is from
 */
export async function variantOf(
  folder: string,
  own: Flat,
  flat: Flat,
  file: string,
): Promise<Variant> {
  const data = (all: Flat) => {
    const options = Object.entries(dataOptions(all)).sort(([a], [b]) => a < b ? -1 : 1);
    return JSON.stringify([all.dataset, options]);
  };
  const [newest] = await listCheckpoints(folder);
  const isNewest = newest !== undefined && resolve(newest.path) === resolve(file);
  const digest = createHash("sha256").update(data(flat)).digest("hex").slice(0, 8);
  return {
    data: data(own) === data(flat) ? "" : digest,
    weights: isNewest ? "" : basename(file).replace(/\.\w+$/, ""),
  };
}

/**
 * Keeps what a probe found, in the run's folder, in place of an earlier result of the same probe, data
 * and weights.
 *
 * @returns the file's path
 */
export async function writeProbeResult(
  folder: string,
  { data, weights }: Variant,
  judged: ResultSource,
  metrics: Metrics,
): Promise<string> {
  const parts = [judged.probe, judged.dataset, data, weights].filter((part) => part !== "");
  const path = join(folder, FOLDER, `${parts.join("-")}.json`);
  await checkNoLink(folder, FOLDER);
  await Deno.mkdir(join(folder, FOLDER), { recursive: true }).catch((cause) => {
    throw writeError(path, cause);
  });
  await writeAtomic(path, jsonText({ ...metrics, judged }));
  return path;
}

/**
 * All results of probes on a run, those on its own data and weights first. Files that are not results
 * are skipped. Version 0.1.0 kept one file a probe, `linear.json`, which is read where no newer is.
 */
export async function listProbeResults(folder: string): Promise<ProbeResult[]> {
  const found: ProbeResult[] = [];
  for (const name of await names(join(folder, FOLDER))) {
    const read = await readMetrics(join(folder, FOLDER, name));
    const judged = sourceSchema.safeParse(read?.judged).data;
    if (!read || !judged) continue;
    const { judged: _, ...metrics } = read;
    const own = name === `${judged.probe}-${judged.dataset}.json`;
    found.push({ file: `${FOLDER}/${name}`, own, judged, metrics });
  }
  for (const file of await names(folder)) {
    const metrics = await readMetrics(join(folder, file));
    if (!metrics || found.some((result) => result.own && `${probeOf(result)}.json` === file)) {
      continue;
    }
    found.push({ file, own: true, metrics });
  }
  return found.sort((a, b) => Number(b.own) - Number(a.own) || (a.file < b.file ? -1 : 1));
}

/** The name of the probe that found a result. */
export function probeOf({ judged, file }: ProbeResult): string {
  return judged?.probe ?? file.replace(/\.json$/, "");
}

async function names(folder: string): Promise<string[]> {
  const all = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
  return all.filter((name) => name.endsWith(".json")).sort();
}

async function readMetrics(path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const { top1, top5, ...rest } = options.parse(JSON.parse(await readText(path)));
    return typeof top1 === "number" && typeof top5 === "number"
      ? { top1, top5, ...rest }
      : undefined;
  } catch {
    return undefined; // none, or none that is whole
  }
}

const CLASSIFIER = z.object({
  top1: z.number(),
  top5: z.number(),
  classes: z.array(z.string()).optional(),
  perClass: z.record(z.string(), z.number().nullable()),
  confusion: z.array(z.array(z.number().min(0))),
}).transform(({ classes, ...found }) => ({
  ...found,
  // Where it is not said, the order of the keys is theirs, unless they are whole numbers.
  classes: classes ?? Object.keys(found.perClass),
})).refine(({ classes: { length }, confusion }) =>
  confusion.length === length && confusion.every((row) => row.length === length)
);

/** A classifier's result: percents, and counts [true class][predicted class] in order of `classes`. */
export type ClassifierResult = z.output<typeof CLASSIFIER>;

/** The result of a classifier; undefined where `value` is none. */
export function classifierResult(value: unknown): ClassifierResult | undefined {
  return CLASSIFIER.safeParse(value).data;
}

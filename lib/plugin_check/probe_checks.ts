/**
 * What a good probe holds.
 *
 * @module
 */
import { evaluateFeatures } from "../evaluate/evaluate.ts";
import type { Encoder, FeatureSplit, Metrics, Probe, ProbeInput } from "../plugin.ts";
import { wallClock } from "../timing.ts";
import {
  type Check,
  type CheckPlace,
  type CheckResult,
  fail,
  info,
  kept,
  pass,
  verdict,
} from "./check.ts";
import type { Device } from "../device/device.ts";
import { rng } from "../random.ts";

export interface TestedProbe extends CheckPlace {
  /** The name on the command line. */
  readonly name: string;
  /** The probe, for {@linkcode CLASSES}. */
  readonly probe: Probe;
  /** An encoder, which it may not touch. */
  readonly encoder: Encoder;
  /** Two evaluations, made once. */
  readonly runs: () => Promise<ProbeRuns>;
}

/** What two evaluations of the same features gave. */
export interface ProbeRuns {
  readonly metrics: readonly [Metrics, Metrics];
  /** Tensors that the second left. */
  readonly left: number;
  /** Milliseconds of the second. */
  readonly milliseconds: number;
}

/** The names of the classes that probes are tried with. */
export const CLASSES: readonly string[] = ["a", "b", "c", "d", "e", "f"];
const DIM = 16;

/** Features of classes that hardly overlap, as blobs; the caller is in a `tf` scope. */
function features({ device }: CheckPlace): ProbeInput {
  const options = { dim: DIM, classes: CLASSES.length, spread: 0.5 };
  const split = (length: number, seed: number): FeatureSplit => {
    const { features, labels } = blobs(device, { ...options, length, seed });
    return { features, labels, augmented: () => Promise.resolve(features.clone()) };
  };
  return { train: split(240, 1), test: split(60, 2) };
}

/** Evaluates twice, without the encoder. */
export async function runTwice(tested: Omit<TestedProbe, "runs">): Promise<ProbeRuns> {
  const { device, probe } = tested;
  const input = features(tested);
  const evaluate = () => evaluateFeatures({ probe, features: input });
  const first = await evaluate();
  const stop = wallClock();
  let second = first;
  const left = await kept(device, async () => void (second = await evaluate()));
  return { metrics: [first, second], left, milliseconds: stop() };
}

async function metrics({ runs }: TestedProbe): Promise<CheckResult> {
  const { metrics: [{ top1, top5 }] } = await runs();
  const text = `top-1 ${top1.toFixed(1)} %, top-5 ${top5.toFixed(1)} %`;
  return verdict(top1 <= top5, text, `${text}: what is first is among the first five`);
}

/** A check of the two evaluations; if they failed, the first check has reported it. */
function ofRuns(
  check: (runs: ProbeRuns) => CheckResult,
): (tested: TestedProbe) => Promise<CheckResult> {
  return async ({ runs }) => await runs().then(check, () => info("there are no metrics"));
}

function chance({ metrics: [{ top1 }] }: ProbeRuns): CheckResult {
  const chance = 100 / CLASSES.length;
  const text = `${top1.toFixed(1)} % on classes apart, chance is ${chance.toFixed(1)} %`;
  return verdict(top1 >= 2 * chance, text);
}

function deterministic({ metrics: [a, b] }: ProbeRuns): CheckResult {
  const differs = Object.keys(a).find((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
  return verdict(differs === undefined, "the same", `${differs} differs`);
}

function leaks({ left }: ProbeRuns): CheckResult {
  return verdict(left === 0, "none", `${left} tensors more after an evaluation`);
}

async function untouched(tested: TestedProbe): Promise<CheckResult> {
  const input = features(tested);
  const { train, test } = input;
  const before = await Promise.all([train.features.array(), test.features.array()]);
  const { probe, encoder } = tested;
  // Throws where the encoder is another than before, or the features are gone.
  await evaluateFeatures({ probe, features: input, encoder });
  const after = await Promise.all([train.features.array(), test.features.array()]);
  return JSON.stringify(after) === JSON.stringify(before)
    ? pass("encoder and features as they were")
    : fail("the features are changed");
}

/** The checks, in the order of the table. */
export const PROBE_CHECKS: readonly Check<TestedProbe>[] = [
  {
    name: "metrics",
    advice: "Return { top1, top5 } in percent, and JSON values in all else.",
    run: metrics,
  },
  {
    name: "better than chance",
    advice: "Fit on train, evaluate on test; a feature's class is the label of its row.",
    run: ofRuns(chance),
  },
  {
    name: "same metrics twice",
    advice: "Draw from rng(env.seed, STREAM.plugin), and from nothing else.",
    run: ofRuns(deterministic),
  },
  {
    name: "encoder and features",
    advice: "Read them only; dispose what you made, and no more.",
    run: untouched,
  },
  {
    name: "leaked tensors",
    advice: "Wrap what you make in tf.tidy(), and dispose of what you read back.",
    run: ofRuns(leaks),
  },
  {
    name: `speed, 240 × ${DIM}`,
    advice: "",
    run: ofRuns(({ milliseconds }) => info(`${milliseconds.toFixed(0)} ms`)),
  },
];

/** What {@linkcode blobs} makes. */
export interface BlobOptions {
  /** The number of examples, whose classes repeat as 0, 1, …, `classes` − 1. */
  readonly length: number;
  /** The length of a feature. */
  readonly dim: number;
  /** The number of classes. */
  readonly classes: number;
  /** The standard deviation within a class; the centers are standard normal. */
  readonly spread: number;
  /** Of the noise, not of the centers; default 1. */
  readonly seed?: number;
}

/** Features in blobs, one per class, and the same as arrays; the caller disposes. */
export function blobs(
  device: Pick<Device, "tf">,
  options: BlobOptions,
): FeatureSplit & { rows: number[][] } {
  const { length, dim, classes, spread, seed = 1 } = options;
  const labels = Int32Array.from({ length }, (_, i) => i % classes);
  const rows = Array.from(labels, (label, i) => {
    const center = rng(0, label);
    const noise = rng(seed, 7, i);
    return Array.from(
      { length: dim },
      () => Math.fround(center.normal() + spread * noise.normal()),
    );
  });
  return { features: device.tf.tensor2d(rows, [length, dim]), labels, rows };
}

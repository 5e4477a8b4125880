/**
 * What a good probe holds.
 *
 * @module
 */
import { evaluateFeatures } from "../evaluate/evaluate.ts";
import type { Encoder, FeatureSplit, Metrics, Probe, ProbeInput } from "../plugin.ts";
import {
  type Check,
  type CheckPlace,
  fail,
  type Finding,
  info,
  kept,
  pass,
  verdict,
} from "./check.ts";
import { clouds } from "./clouds.ts";

/** A probe and what it is tried with. */
export interface ProbeSubject extends CheckPlace {
  /** The name on the command line. */
  readonly name: string;
  /** The probe, for {@linkcode CLASSES}. */
  readonly probe: Probe;
  /** An encoder, which it may not touch. */
  readonly encoder: Encoder;
}

/** The names of the classes that probes are tried with. */
export const CLASSES: readonly string[] = ["a", "b", "c", "d", "e", "f"];
const DIM = 16;

/** Features in clouds that hardly overlap; the caller is in a scope. */
function features({ device }: ProbeSubject): ProbeInput {
  const options = { dim: DIM, classes: CLASSES.length, spread: 0.5 };
  const split = (length: number, seed: number): FeatureSplit => {
    const { features, labels } = clouds(device, { ...options, length, seed });
    return { features, labels, augmented: () => Promise.resolve(features.clone()) };
  };
  return { train: split(240, 1), test: split(60, 2) };
}

async function judge(subject: ProbeSubject, features: ProbeInput): Promise<Metrics> {
  const { name, probe, encoder, signal } = subject;
  return await evaluateFeatures({ probe, probeName: name, features, encoder, signal });
}

async function metrics(subject: ProbeSubject): Promise<Finding> {
  const { top1, top5 } = await judge(subject, features(subject));
  const text = `top-1 ${top1.toFixed(1)} %, top-5 ${top5.toFixed(1)} %`;
  return verdict(top1 <= top5, text, `${text}: what is first is among the first five`);
}

async function chance(subject: ProbeSubject): Promise<Finding> {
  const { top1 } = await judge(subject, features(subject));
  const chance = 100 / CLASSES.length;
  const text = `${top1.toFixed(1)} % on classes apart, chance is ${chance.toFixed(1)} %`;
  return verdict(top1 >= 2 * chance, text);
}

async function deterministic(subject: ProbeSubject): Promise<Finding> {
  const input = features(subject);
  const [a, b] = [await judge(subject, input), await judge(subject, input)];
  const differs = Object.keys(a).find((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
  return verdict(differs === undefined, "the same", `${differs} differs`);
}

async function untouched(subject: ProbeSubject): Promise<Finding> {
  const input = features(subject);
  const { train, test } = input;
  const before = await Promise.all([train.features.array(), test.features.array()]);
  // Throws where the encoder is another than before, or the features are gone.
  await judge(subject, input);
  const after = await Promise.all([train.features.array(), test.features.array()]);
  return JSON.stringify(after) === JSON.stringify(before)
    ? pass("encoder and features as they were")
    : fail("the features are changed");
}

async function leaks(subject: ProbeSubject): Promise<Finding> {
  const input = features(subject);
  await judge(subject, input);
  const more = await kept(subject.device, async () => void await judge(subject, input));
  return verdict(more === 0, "none", `${more} tensors more after an evaluation`);
}

async function speed(subject: ProbeSubject): Promise<Finding> {
  const input = features(subject);
  const start = performance.now();
  await judge(subject, input);
  return info(`${(performance.now() - start).toFixed(0)} ms`);
}

/** The checks, in the order of the table. */
export const PROBE_CHECKS: readonly Check<ProbeSubject>[] = [
  {
    name: "metrics",
    advice: "Return { top1, top5 } in percent, and JSON values in all else.",
    run: metrics,
  },
  {
    name: "better than chance",
    advice: "Fit on train, judge on test; a feature's class is the label of its row.",
    run: chance,
  },
  {
    name: "same metrics twice",
    advice: "Draw from rng(env.seed, STREAM.plugin), and from nothing else.",
    run: deterministic,
  },
  {
    name: "encoder and features",
    advice: "Read them only; dispose what you made, and no more.",
    run: untouched,
  },
  {
    name: "leaked tensors",
    advice: "Wrap what you make in tf.tidy(), and dispose of what you read back.",
    run: leaks,
  },
  {
    name: `speed, 240 × ${DIM}`,
    advice: "",
    run: speed,
  },
];

/**
 * How long something takes, reported and never judged.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";

/** Repetitions of each, in turn, after one that compiles: at most so many, in about so long. */
const REPETITIONS = 5, BUDGET = 2000;

/** Works by name: each makes tensors that depend on all it computes. */
export type Works = Readonly<Record<string, () => tf.Tensor[]>>;

interface Times {
  readonly name: string;
  readonly work: () => tf.Tensor[];
  readonly all: number[];
}

/** Milliseconds of each work, the median; they take turns, so that a busy machine hits all alike. */
export async function timeWorks({ tf }: Device, works: Works): Promise<Record<string, number>> {
  const once = async (work: () => tf.Tensor[]) => {
    const start = performance.now();
    const made = tf.tidy(work);
    // The last to be computed; reading more would time the readbacks.
    await made.at(-1)?.data();
    const elapsed = performance.now() - start;
    tf.dispose(made);
    return elapsed;
  };
  const times = Object.entries(works).map(([name, work]): Times => ({ name, work, all: [] }));
  for (const { work } of times) await once(work);
  const start = performance.now();
  for (let i = 0; i < REPETITIONS && (i === 0 || performance.now() - start < BUDGET); i++) {
    for (const { work, all } of times) all.push(await once(work));
  }
  return Object.fromEntries(times.map(({ name, all }) => [name, median(all)]));
}

/** `12.3 ms, debiased 4.5 ms, biased 4.4 ms`: the first is the plugin's. */
export function speedText(times: Readonly<Record<string, number>>): string {
  return Object.entries(times)
    .map(([name, time], i) => `${i === 0 ? "" : `${name} `}${time.toFixed(1)} ms`)
    .join(", ");
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

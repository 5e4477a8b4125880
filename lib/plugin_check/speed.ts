/**
 * How long something takes, reported and never judged.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { median, timeInTurn, wallClock } from "../timing.ts";

/** Repetitions of each, in turn, after one that compiles: at most so many, in about so long. */
const REPETITIONS = 5, BUDGET = 2000;

/** Works by name: each makes tensors that depend on all it computes. */
export type Works = Readonly<Record<string, () => tf.Tensor[]>>;

/** Milliseconds of each work, the median. */
export async function timeWorks({ tf }: Device, works: Works): Promise<Record<string, number>> {
  const once = (work: () => tf.Tensor[]) => async () => {
    const made = tf.tidy(work);
    // The last to be computed; reading more would time the readbacks.
    await made.at(-1)?.data();
    tf.dispose(made);
  };
  const turns = { rounds: REPETITIONS, budget: BUDGET, meter: wallClock };
  const times = await timeInTurn(Object.values(works).map(once), turns);
  return Object.fromEntries(Object.keys(works).map((name, i) => [name, median(times[i])]));
}

/** `12.3 ms, debiased 4.5 ms, biased 4.4 ms`: the first is the plugin's. */
export function speedText(times: Readonly<Record<string, number>>): string {
  return Object.entries(times)
    .map(([name, time], i) => `${i === 0 ? "" : `${name} `}${time.toFixed(1)} ms`)
    .join(", ");
}

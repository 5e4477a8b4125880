/**
 * The tile shapes of kernels, chosen by timing them on the adapter at hand.
 *
 * A kernel asks {@linkcode tuned} which of its candidates to use. Until that is known it is the first;
 * {@linkcode tune}, called between steps, times the candidates of what has been asked for, and the
 * winners are passed to `remember`. A candidate wins only with the first one's result, bit
 * for bit, so tuning changes the time of a run and nothing else.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { fastest } from "./fastest.ts";
import { finish } from "./program.ts";

/** Raise it when a kernel changes but its candidates do not: old winners are then timed again. */
export const KERNELS_VERSION = 1;

/** Milliseconds that a process spends on tuning at most, but for the kernel at hand. */
const BUDGET = 20_000;

/** A kernel with a choice of tile shapes, for inputs of one shape. */
export interface Tunable<C> {
  readonly kernel: string;
  /** All that its time depends on: sizes, filter, stride, transposition. */
  readonly shape: string;
  /** The tile shapes, as plain JSON; the first is the default. */
  readonly candidates: readonly C[];
  /** The shapes of its float32 inputs. */
  readonly inputs: readonly (readonly number[])[];
  /** The kernel itself, on inputs of those shapes; what it makes besides its result it disposes of. */
  run(candidate: C, inputs: readonly tf.TensorInfo[]): tf.TensorInfo;
}

/** The winners, as JSON text, by kernel and shape. */
export type Winners = Readonly<Record<string, string>>;

export interface TuningOptions {
  /** The winners known of this adapter and these versions. */
  readonly known?: Winners;
  /** Is given the winners after each tuning; without it they last as long as the process. */
  readonly remember?: (winners: Winners) => Promise<void>;
  /** Called with the number of kernels timed so far, and of all. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends the timing early. */
  readonly signal?: AbortSignal;
  /** Milliseconds to spend at most; default 20,000. */
  readonly budget?: number;
}

/** The state of a backend that is tuned. */
interface Tuning {
  readonly options: TuningOptions;
  /** The winners, as JSON text, by kernel and shape. */
  readonly winners: Map<string, string>;
  /** What was asked for but is not tuned yet, and how often. */
  readonly wanted: Map<string, { tunable: Tunable<unknown>; calls: number }>;
  /** The time left for tuning, in milliseconds. */
  left: number;
}

const tunings = new WeakMap<WebGPUBackend, Tuning>();

/** From now on kernels use the winners known, and {@linkcode tune} times what is missing. */
export function startTuning(backend: WebGPUBackend, options: TuningOptions): void {
  tunings.set(backend, {
    options,
    winners: new Map(Object.entries(options.known ?? {})),
    wanted: new Map(),
    left: options.budget ?? BUDGET,
  });
}

/** From now on every kernel uses its first candidate, and {@linkcode tune} does nothing. */
export function stopTuning(backend: WebGPUBackend): void {
  tunings.delete(backend);
}

/**
 * The candidate to use: the winner where it is known, else the first, which is then noted for
 * {@linkcode tune}. Called by a kernel at each run.
 */
export function tuned<C>(backend: WebGPUBackend, tunable: Tunable<C>): C {
  const { kernel, shape, candidates } = tunable;
  const tuning = tunings.get(backend);
  if (!tuning || candidates.length < 2) return candidates[0];
  const key = `${kernel} ${shape}`;
  const winner = tuning.winners.get(key);
  const known = winner !== undefined && candidates.find((one) => JSON.stringify(one) === winner);
  if (known) return known;
  const wanted = tuning.wanted.get(key);
  if (wanted) wanted.calls++;
  else tuning.wanted.set(key, { tunable, calls: 1 });
  return candidates[0];
}

/**
 * Times what was asked for twice, so is likely to come again, and remembers the winners. What the
 * budget does not reach keeps its first candidate, and is timed by the next process. Nothing is
 * done where nothing new was asked for. Throws nothing: a candidate that fails does not win.
 */
export async function tune(backend: WebGPUBackend): Promise<void> {
  const tuning = tunings.get(backend);
  if (!tuning || tuning.left <= 0) return;
  const due = [...tuning.wanted].filter(([, { calls }]) => calls > 1);
  if (due.length === 0) return;
  const { options: { progress, remember, signal }, winners, wanted } = tuning;
  await finish(backend);
  const begin = performance.now();
  const expired = () => Boolean(signal?.aborted) || performance.now() - begin > tuning.left;
  for (const [done, [key, { tunable }]] of due.entries()) {
    progress?.(done, due.length);
    const winner = await fastest(backend, tunable, expired);
    if (winner === undefined) {
      if (expired()) break;
      // Nothing is known; another process may have the memory for it, but this one tries no more.
      wanted.set(key, { tunable, calls: -Infinity });
      continue;
    }
    wanted.delete(key);
    winners.set(key, JSON.stringify(winner));
  }
  progress?.(due.length, due.length);
  tuning.left -= performance.now() - begin;
  await remember?.(Object.fromEntries(winners));
}

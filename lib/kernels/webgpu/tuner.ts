/**
 * Chooses the tile shapes of kernels by timing them on the adapter.
 *
 * A kernel asks {@linkcode tuned} which of its candidates to use, and gets the first one until the
 * fastest is known. {@linkcode tune}, called between steps, times the candidates of the kernels that
 * asked, and passes the winners to `remember`. A candidate can win only if its result is the first
 * one's, bit for bit. So tuning changes the time of a run and nothing else.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { fastest } from "./fastest.ts";
import { finish } from "./program.ts";

/** Raise it when a kernel changes but its candidates do not: old winners are then timed again. */
export const KERNELS_VERSION = 1;

/** Milliseconds that a process spends on tuning; the kernel that is being timed then is finished. */
const BUDGET = 20_000;

/** A kernel with a choice of tile shapes, for inputs of one shape. */
export interface Tunable<C> {
  readonly kernel: string;
  /** Everything that its time depends on, as text: sizes, filter, stride, transposition. */
  readonly shape: string;
  /** The tile shapes, as plain JSON; the first is the default. */
  readonly candidates: readonly C[];
  /** The shapes of its float32 inputs. */
  readonly inputs: readonly (readonly number[])[];
  /** Runs the kernel on inputs of those shapes, and disposes of everything but its result. */
  run(candidate: C, inputs: readonly tf.TensorInfo[]): tf.TensorInfo;
}

/** The winners, as JSON text, by kernel and shape. */
export type Winners = Readonly<Record<string, string>>;

export interface TuningOptions {
  /** The known winners for this adapter and these versions. */
  readonly known?: Winners;
  /** Saves the winners after each tuning; without it they are lost when the process ends. */
  readonly remember?: (winners: Winners) => Promise<void>;
  /** Called with the number of kernels timed so far, and the number of all. */
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
  /** Kernels that asked and are not tuned yet, and how often they asked. */
  readonly wanted: Map<string, { tunable: Tunable<unknown>; calls: number }>;
  /** The time left for tuning, in milliseconds. */
  left: number;
}

const tunings = new WeakMap<WebGPUBackend, Tuning>();

/** Turns tuning on: kernels use the known winners, and {@linkcode tune} times the others. */
export function startTuning(backend: WebGPUBackend, options: TuningOptions): void {
  tunings.set(backend, {
    options,
    winners: new Map(Object.entries(options.known ?? {})),
    wanted: new Map(),
    left: options.budget ?? BUDGET,
  });
}

/** Turns tuning off: kernels use their first candidates, and {@linkcode tune} does nothing. */
export function stopTuning(backend: WebGPUBackend): void {
  tunings.delete(backend);
}

/**
 * The candidate to use: the winner if it is known, else the first one, and the kernel is noted for
 * {@linkcode tune}. A kernel calls this at each run.
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
 * Times the kernels that asked at least twice, because these are likely to run again, and saves the
 * winners. Kernels for which no time is left keep their first candidate, and are timed by the next
 * process. Throws nothing: a candidate that fails cannot win.
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

/**
 * Timing the candidates of one kernel against each other.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { rng } from "../../random.ts";
import { median, wallClock } from "../../timing.ts";
import { finish, freeingOnError, submit } from "./program.ts";
import type { Tunable } from "./tuner.ts";

/** Milliseconds by which a measurement may be wrong, because the device is polled. */
const WAIT = 15;
/** Milliseconds that a measurement of the fastest candidate should take at least. */
const MEASUREMENT = 40;
/** Most runs in a measurement. */
const RUNS = 256;
/** Measurements of each remaining candidate. */
const ROUNDS = 3;
/** A candidate that takes this many times as long as the best is not measured again. */
const TOO_SLOW = 1.15;
/** Another candidate replaces the first one only if it takes at most this share of its time. */
const WORTH_IT = 0.97;

/**
 * The fastest candidate on random inputs, among those with the same result as the first one, bit for
 * bit. They are measured in turn, so that a change of the machine's speed affects all of them, and
 * compared by their medians.
 *
 * @param expired called between measurements; if it returns true, the result is undefined
 * @returns the fastest; undefined if even the first candidate fails, for example for lack of memory
 */
export async function fastest<C>(
  backend: WebGPUBackend,
  tunable: Tunable<C>,
  expired: () => boolean,
): Promise<C | undefined> {
  const { candidates, run } = tunable;
  const inputs = tunable.inputs.map((shape, i) => randomTensor(backend, shape, i));
  const measure = async (candidate: C, runs: number) => {
    const stop = wallClock();
    for (let i = 0; i < runs; i++) backend.disposeData(run(candidate, inputs).dataId);
    await finish(backend);
    return stop();
  };
  try {
    let field: Entrant<C>[] = [];
    let expected: Uint32Array | undefined;
    for (const candidate of candidates) {
      if (expired()) return;
      const bits = await resultOf(backend, () => run(candidate, inputs));
      if (!bits && !expected) return;
      expected ??= bits;
      if (bits && sameBits(bits, expected!)) field.push({ candidate, times: [] });
    }
    if (field.length < 2) return candidates[0];

    // As many runs in a measurement as the fastest needs for it; the slow ones drop out early.
    let runs = 1, round = 0;
    while (field.length > 1 && round < ROUNDS) {
      for (const entrant of field) {
        if (expired()) return;
        entrant.times.push(await measure(entrant.candidate, runs));
      }
      const least = Math.min(...field.map(timeOf));
      const calibrated = round > 0 || least >= MEASUREMENT || runs >= RUNS;
      const most = TOO_SLOW * least + (calibrated ? 0 : WAIT);
      field = field.filter((entrant) => timeOf(entrant) <= most);
      if (calibrated) round++;
      else {
        runs *= 4;
        for (const { times } of field) times.length = 0;
      }
    }
    return winner(field, candidates[0]);
  } finally {
    for (const { dataId } of inputs) backend.disposeData(dataId);
  }
}

/** A candidate and the times of its measurements. */
export interface Entrant<C> {
  readonly candidate: C;
  /** Milliseconds, one for each measurement. */
  readonly times: number[];
}

const timeOf = ({ times }: Entrant<unknown>) => median(times);

/**
 * The fastest of the remaining candidates, by their medians. If `standard` is among them, it wins
 * unless another is at least 3 % faster.
 */
export function winner<C>(field: readonly Entrant<C>[], standard: C): C {
  const best = field.reduce((best, entrant) => timeOf(entrant) < timeOf(best) ? entrant : best);
  const held = field.find(({ candidate }) => candidate === standard);
  return held && timeOf(best) > WORTH_IT * timeOf(held) ? standard : best.candidate;
}

/** How many random numbers are drawn before they repeat; a prime. */
const PERIOD = 65_521;

/** Numbers from −1 to 1 with all their bits in use, so that another order of a sum shows. */
function randomTensor(
  backend: WebGPUBackend,
  shape: readonly number[],
  index: number,
): tf.TensorInfo {
  const random = rng(index);
  const size = shape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(size);
  for (let i = 0; i < Math.min(size, PERIOD); i++) values[i] = 2 * random.uniform() - 1;
  for (let done = PERIOD; done < size; done *= 2) values.copyWithin(done, 0, done);
  return backend.makeTensorInfo([...shape], "float32", values);
}

/** The bits of a result; undefined if the device refuses the shader or the memory. */
async function resultOf(
  backend: WebGPUBackend,
  run: () => tf.TensorInfo,
): Promise<Uint32Array | undefined> {
  const { device } = backend;
  submit(backend);
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  let bits: Uint32Array | undefined;
  try {
    const { dataId } = freeingOnError(backend, run);
    try {
      const read = await backend.read(dataId);
      if (read instanceof Float32Array) bits = new Uint32Array(read.slice().buffer);
    } finally {
      backend.disposeData(dataId);
    }
  } catch {
    bits = undefined; // what cannot even be recorded
  }
  const errors = [await device.popErrorScope(), await device.popErrorScope()];
  return errors.some(Boolean) ? undefined : bits;
}

function sameBits(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((bits, i) => bits === b[i]);
}

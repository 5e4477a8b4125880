/**
 * Timing the same work on the stock backend and on ours, in one process and alternately, so that a
 * machine whose speed drifts drifts for both.
 *
 * @module
 */
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { BACKEND, collectBindGroups, openWebgpu } from "../../lib/device/webgpu.ts";
import { finish, webgpuBackend } from "../../lib/kernels/webgpu/program.ts";
import { median, type Meter, timeInTurn } from "../../lib/timing.ts";

/** The stock backend of the package, untouched. */
export const STOCK = "webgpu";

/** The two backends over the same adapter. */
export const BACKENDS: readonly [stock: string, ours: string] = [STOCK, BACKEND];

/** Opens both backends; TensorFlow.js is then set to ours. */
export async function openBoth(): Promise<void> {
  if (!await tf.setBackend(STOCK)) throw new Error("the stock webgpu backend does not open");
  const stock = webgpuBackend(tf.backend());
  const { software } = await openWebgpu();
  // As our own device does.
  if (software) collectBindGroups(stock.device);
}

/** Work on one backend: makes its inputs, and returns the function to repeat. */
export type Work = () => () => tf.TensorContainer | void;

/** Prepares the work on a backend; each call runs it once and waits for the device. */
export async function prepare(backendName: string, work: Work): Promise<() => Promise<void>> {
  await tf.setBackend(backendName);
  const once = work();
  const backend = webgpuBackend(tf.backend());
  return async () => {
    if (tf.getBackend() !== backendName) await tf.setBackend(backendName);
    const result = once();
    await finish(backend);
    if (result) tf.dispose(result);
  };
}

/** What `bench/works/*.ts` export: the same computation as stock TensorFlow.js does it and as we do. */
export interface Comparison {
  /** What is computed, with its shapes. */
  readonly what: string;
  /** How many times faster ours is meant to be at least. */
  readonly target?: number;
  /** Run on the stock backend. */
  readonly stock: Work;
  /** Run on ours; often the same function. */
  readonly ours: Work;
}

/** Milliseconds. */
export interface Timing {
  /** Median of the wall clock. */
  readonly wall: number;
  /** Median of the processor time of all threads, which other work beside disturbs less. */
  readonly cpu: number;
}

const wallAndCpu: Meter<Timing> = () => {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const spent = process.cpuUsage(cpu);
    return { wall: performance.now() - wall, cpu: (spent.user + spent.system) / 1000 };
  };
};

/** Medians of `rounds` runs of each of the works, alternately, after one to warm up. */
export async function timeMedians(
  works: readonly (() => Promise<void>)[],
  rounds = 5,
): Promise<Timing[]> {
  const measured = await timeInTurn(works, { rounds, meter: wallAndCpu });
  return measured.map((times) => ({
    wall: median(times.map(({ wall }) => wall)),
    cpu: median(times.map(({ cpu }) => cpu)),
  }));
}

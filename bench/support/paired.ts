/**
 * Timing the same work on the stock backend and on ours, in one process and in turn, so that a
 * machine whose speed drifts drifts for both.
 *
 * @module
 */
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { collectBindGroups } from "../../lib/device/bind_groups.ts";
import { BACKEND, openWebgpu } from "../../lib/device/webgpu.ts";
import { finish, webgpuBackend } from "../../lib/kernels/webgpu/program.ts";

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

/** Work on one backend: makes its inputs, and gives what is to be repeated. */
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

/** Runs each of the works once to warm up, then all in turn `repetitions` times. */
export async function timeInTurn(
  works: readonly (() => Promise<void>)[],
  repetitions = 5,
): Promise<Timing[]> {
  for (const work of works) await work();
  const times = works.map(() => ({ wall: [] as number[], cpu: [] as number[] }));
  for (let i = 0; i < repetitions; i++) {
    for (const [w, work] of works.entries()) {
      const [wall, cpu] = [performance.now(), process.cpuUsage()];
      await work();
      const spent = process.cpuUsage(cpu);
      times[w].wall.push(performance.now() - wall);
      times[w].cpu.push((spent.user + spent.system) / 1000);
    }
  }
  return times.map(({ wall, cpu }) => ({ wall: median(wall), cpu: median(cpu) }));
}

/** The median. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

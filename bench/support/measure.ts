/**
 * Timing whole comparisons, each with its memory given back, and what the command line says of them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { parseArgs } from "node:util";
import { BACKEND } from "../../lib/device/webgpu.ts";
import { openDevice } from "../../lib/device/device.ts";
import { type Comparison, prepare, STOCK, timeMedians, type Timing } from "./paired.ts";
import { productStep } from "./product_step.ts";
import type { StepSpec } from "./steps.ts";
import { stockStep } from "./stock_step.ts";

/** The command line of a table: `--repetitions=N`, and the words that choose its rows. */
export function readArguments(): { words: string[]; repetitions: number } {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: { repetitions: { type: "string", default: "5" } },
    allowPositionals: true,
  });
  return { words: positionals, repetitions: Number(values.repetitions) };
}

/** Times of the stock backend and of this package's. */
export interface Pair {
  readonly stock: Timing;
  /** This package's kernels. */
  readonly ours: Timing;
}

/** Times one operation on both backends. */
export async function timeComparison(
  { stock, ours }: Comparison,
  repetitions: number,
): Promise<Pair> {
  return await inScope(async () =>
    pair(
      await timeMedians([await prepare(STOCK, stock), await prepare(BACKEND, ours)], repetitions),
    )
  );
}

/** Times a whole step: a user's program on the stock backend, the product's path on ours. */
export async function timeStep(spec: StepSpec, repetitions: number): Promise<Pair> {
  return await inScope(async () => {
    const stock = await prepareStock(spec);
    const ours = await prepareProduct(spec);
    return pair(await timeMedians([stock, ours], repetitions));
  });
}

/** The step as a user of TensorFlow.js writes it, on the stock backend. */
export async function prepareStock(spec: StepSpec): Promise<() => Promise<void>> {
  return await prepare(STOCK, () => stockStep(spec));
}

/** The product's step on our WebGPU backend. */
export async function prepareProduct(spec: StepSpec): Promise<() => Promise<void>> {
  await tf.setBackend(BACKEND);
  const step = await productStep(spec);
  return await prepare(BACKEND, () => step);
}

/** The product's step on the wasm device. */
export async function prepareWasm(spec: StepSpec): Promise<() => Promise<void>> {
  return await onWasm(() => productStep(spec));
}

/** The work on the wasm device; each call runs it once. */
export async function onWasm(
  make: () => Promise<() => tf.TensorContainer>,
): Promise<() => Promise<void>> {
  const { backend } = await openDevice("wasm");
  const once = await make();
  return async () => {
    if (tf.getBackend() !== backend) await tf.setBackend(backend);
    tf.dispose(once()); // wasm computes at once, so there is nothing to wait for
  };
}

/** Runs `use`, then disposes of the tensors it left; variables too. */
export async function inScope<T>(use: () => Promise<T>): Promise<T> {
  const variables = new Set(Object.keys(tf.engine().registeredVariables));
  tf.engine().startScope();
  try {
    return await use();
  } finally {
    tf.engine().endScope();
    for (const [name, variable] of Object.entries(tf.engine().registeredVariables)) {
      if (!variables.has(name)) variable.dispose();
    }
  }
}

function pair([stock, ours]: Timing[]): Pair {
  return { stock, ours };
}

/**
 * The cells of a pair: both times, how many times faster ours is, the target, and whether it holds.
 * No target is met by being slower.
 */
export function cells({ stock, ours }: Pair, target?: number): string[] {
  const ratio = stock.wall / ours.wall;
  const times = [stock.wall.toFixed(1), ours.wall.toFixed(1), ratio.toFixed(2)];
  if (target === undefined) return [...times, "", ""];
  const slower = ratio < 1 ? `missed: ${(1 / ratio).toFixed(1)} times slower` : "missed";
  return [...times, `≥ ${target}`, ratio >= Math.max(1, target) ? "holds" : slower];
}

/**
 * The debiased family: the loss and its gradient as stock TensorFlow.js computes them from the dense
 * matrix of similarities, and as ours does a tile at a time.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BACKEND } from "../../lib/device/webgpu.ts";
import { webgpuBackend } from "../../lib/kernels/webgpu/program.ts";
import { familyLoss, type FamilyMember } from "../../lib/objectives/debiased_family.ts";
import { wallClock } from "../../lib/timing.ts";
import { extraBytes } from "../support/memory.ts";
import { type Comparison, prepare, STOCK, timeMedians, type Work } from "../support/paired.ts";

const DEBIASED: FamilyMember = { form: "debiased", temperature: 0.5, tauPlus: 0.1 };

const DIM = 128;

/** Two views of `pairs` examples, unit rows of 128. */
function views(pairs: number): tf.Tensor2D[] {
  return [1, 2].map((seed) =>
    tf.tidy(() => {
      const x: tf.Tensor2D = tf.randomNormal([pairs, DIM], 0, 1, "float32", seed);
      return x.div<tf.Tensor2D>(x.norm(2, 1, true));
    })
  );
}

/** The loss alone. */
function forward(pairs: number, member: FamilyMember): Work {
  return () => {
    const z = views(pairs);
    return () => familyLoss(tf, z, member);
  };
}

/** The loss and its gradient with respect to both views. */
function step(pairs: number, member: FamilyMember): Work {
  return () => {
    const z = views(pairs);
    const both = tf.valueAndGrads((...z) => familyLoss(tf, z as tf.Tensor2D[], member));
    return () => {
      const { value, grads } = both(z);
      return [value, ...grads];
    };
  };
}

function compare(what: string, work: Work, target?: number): Comparison {
  return { what: `${what} × ${DIM}`, target, stock: work, ours: work };
}

/** For `bench/works`. */
export const comparisons: Comparison[] = [
  compare("debiased loss, 256 pairs", forward(256, DEBIASED)),
  compare("debiased loss, 1,024 pairs", forward(1024, DEBIASED)),
  compare("debiased loss forward + backward, 256 pairs", step(256, DEBIASED)),
  compare("debiased loss forward + backward, 1,024 pairs", step(1024, DEBIASED), 3),
  compare("hard loss forward + backward, 1,024 pairs", step(1024, { ...DEBIASED, beta: 1 })),
];

/** What the debiased loss and its gradient cost at one batch size. */
export interface ContrastCost {
  /** Examples, each in two views. */
  readonly pairs: number;
  /** Milliseconds of a step on the stock backend; absent where it cannot allocate. */
  readonly stock?: number;
  /** Milliseconds of a step on ours. */
  readonly ours: number;
  /** Bytes of the device that a step took beside the views and their gradients, on the stock one. */
  readonly stockBytes?: number;
  /** The same with this package's kernel. */
  readonly ourBytes: number;
}

/** Batch sizes of the sweep. */
export const PAIRS: readonly number[] = [16, 64, 256, 1024, 2048, 4096, 8192, 16384];

/** Beyond this many milliseconds one step, after smaller ones, is measured and not repeated. */
const LONG = 2000;

/** Time and memory of a step at a batch size; the dense form only where its matrix can be bound. */
export async function contrastCost(pairs: number, repetitions = 5): Promise<ContrastCost> {
  tf.engine().startScope();
  const ours = await firstStep(BACKEND, pairs);
  const limit = webgpuBackend(tf.backend()).device.limits.maxStorageBufferBindingSize;
  const dense = 4 * (2 * pairs) ** 2 <= limit;
  const stock = dense ? await firstStep(STOCK, pairs) : undefined;
  const steps = [ours, ...(stock ? [stock] : [])];
  const long = Math.max(...steps.map(({ time }) => time)) > LONG;
  const times = long
    ? steps.map(({ time }) => time)
    : (await timeMedians(steps.map(({ run }) => run), repetitions)).map(({ wall }) => wall);
  tf.engine().endScope();
  return { pairs, ours: times[0], ourBytes: ours.bytes, stock: times[1], stockBytes: stock?.bytes };
}

/** A step, the milliseconds of its first run, and the most bytes in use beside its gradients. */
async function firstStep(
  backendName: string,
  pairs: number,
): Promise<{ run: () => Promise<void>; time: number; bytes: number }> {
  await tf.setBackend(backendName);
  const once = step(pairs, DEBIASED)();
  const run = await prepare(backendName, () => once);
  const stop = wallClock();
  const bytes = await extraBytes(once);
  const time = stop();
  return { run, time, bytes: bytes - 2 * pairs * DIM * 4 };
}

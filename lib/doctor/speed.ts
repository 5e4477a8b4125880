/**
 * How fast a device is: a matrix product, a step of a residual network, a pass over memory, the way
 * to the device and back; and how long the quickstart and the paper's training would take here,
 * guessed from what was measured.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { timeTrainingStep } from "../choose_device.ts";
import type { Device } from "../device/device.ts";
import { resnet, resnetDim } from "../nn/resnet.ts";
import { rng } from "../random.ts";
import paper from "../../presets/dcl-stl10.json" with { type: "json" };
import { chosen, type Roles } from "../config.ts";
import type { BaseEnv } from "../plugin.ts";
import { openSession } from "../session.ts";
import { wallClock } from "../timing.ts";
import type { TrainOptions } from "../train/options.ts";
import { train } from "../train/train.ts";
import type { ViewOptions } from "../views/options.ts";

/** What a device was measured to do. */
export interface Speed {
  /** Floating-point operations per second of a product of matrices 1024 × 1024, float32. */
  readonly product: number;
  /** The same of training steps of a residual network on images 32×32. */
  readonly training: number;
  /** Bytes per second, read and written, of max(x, 0) of 64 MiB. */
  readonly memory: number;
  /** Seconds from a short kernel's start to one of its numbers here. */
  readonly readback: number;
}

const SIDE = 1024;
const ELEMENTS = 2 ** 24;
/** Three of the four stages of ResNet-50, a block each. */
const DEPTHS = [1, 1, 1];

/** How thorough a measurement is. */
export interface Thoroughness {
  /** Seconds that repetitions take at a time, so that the wait for them counts little; default 0.3. */
  readonly seconds?: number;
  /** Images in a step; a GPU is not busy with a few, and a processor takes long for many. */
  readonly images?: number;
}

/** Measures a device; untuned, and once: a guess, not a benchmark. */
export async function measureSpeed(
  device: Device,
  { seconds = 0.3, images = device.software ? 4 : 128 }: Thoroughness = {},
): Promise<Speed> {
  const { tf } = device;
  await tf.setBackend(device.backend);
  const matrices = [0, 1].map((seed) =>
    tf.randomNormal<tf.Rank.R2>([SIDE, SIDE], 0, 1, "float32", seed)
  );
  const product = 2 * SIDE ** 3 /
    await secondsOf(device, seconds, () => tf.matMul(matrices[0], matrices[1]));
  const long = tf.zeros<tf.Rank.R1>([ELEMENTS]);
  const memory = 2 * 4 * ELEMENTS / await secondsOf(device, seconds, () => tf.relu(long));
  // What is shorter TensorFlow.js may compute here, and not on the device.
  const short = tf.zeros<tf.Rank.R1>([2 ** 16]);
  let readback = Infinity;
  for (let i = 0; i < 10; i++) {
    readback = Math.min(readback, await secondsOf(device, 0, () => tf.relu(short)));
  }
  tf.dispose([...matrices, long, short]);

  const shape = { block: "bottleneck", depths: DEPTHS } as const;
  const model = resnet({ ...shape, stem: "small", channels: 3 }, rng(0));
  const milliseconds = await timeTrainingStep(
    device,
    { model, dim: resnetDim(shape), anySize: true },
    [images, 32, 32, 3],
  );
  const training = TRAINING * images * bottleneckFlops(DEPTHS, 32) / (milliseconds / 1000);
  return { product, training, memory, readback };
}

/** Seconds of one repetition, many at a time where it is fast. */
async function secondsOf(
  { tf }: Device,
  enough: number,
  run: () => tf.Tensor,
): Promise<number> {
  const time = async (times: number) => {
    const stop = wallClock();
    for (let i = 1; i < times; i++) run().dispose();
    const last = tf.tidy(() => run().flatten().slice(0, 1));
    await last.data();
    last.dispose();
    return stop() / 1000;
  };
  await time(1); // compiles
  for (let times = 1;; times *= 2) {
    const spent = await time(times);
    if (spent >= enough) return spent / times;
  }
}

/** A training step computes about three forward passes: one, and one for each kind of gradient. */
export const TRAINING = 3;

/**
 * Floating-point operations, two for a multiplication with its addition, of the convolutions of a
 * ResNet of bottlenecks on one image size × size, forward, with the stem for small images.
 *
 * @param depths blocks of each stage, as [3, 4, 6, 3] of ResNet-50
 */
export function bottleneckFlops(depths: readonly number[], size: number): number {
  let channels = 64, side = size;
  let products = side ** 2 * 9 * 3 * channels;
  depths.forEach((depth, stage) => {
    const width = 64 * 2 ** stage, out = 4 * width;
    for (let block = 0; block < depth; block++) {
      const before = side ** 2;
      if (stage > 0 && block === 0) side = Math.ceil(side / 2);
      const after = side ** 2;
      products += before * channels * width + after * 9 * width ** 2 + after * width * out;
      if (block === 0) products += after * channels * out;
      channels = out;
    }
  });
  return 2 * products;
}

/** The quickstart, as `deno task train` resolves it. */
export interface Quickstart {
  readonly options: TrainOptions;
  /** Dataset, encoder, objective. */
  readonly roles: Roles;
  /** Among others the views. */
  readonly groups: { readonly views: ViewOptions };
}

/** Steps that are done of it, in as many parts; the fastest part counts, as the first one compiles. */
const STEPS = 12, PARTS = 3;

/**
 * The whole over its training: a run on wasm took 121 s, of which training took 91 s (another one, on
 * a busy machine, 187 and 146). The rest is mostly linear probes, which a faster device does faster
 * as well.
 */
const WHOLE = 121 / 91;

/** What is known of the quickstart after its first steps. */
interface QuickstartSpeed {
  readonly imagesPerSecond: number;
  /** Seconds of the whole, a guess. */
  readonly seconds: number;
}

/** Does the quickstart's first steps on a device, untuned. */
export async function measureQuickstart(
  device: Device,
  { options, roles, groups }: Quickstart,
  env: Pick<BaseEnv, "cache" | "progress" | "signal">,
): Promise<QuickstartSpeed> {
  const dataset = chosen(roles, "dataset");
  const session = await openSession({
    ...env,
    dataset: dataset.plugin,
    datasetOptions: dataset.options,
    device: device.name,
    tune: false,
  });
  const make = <K extends "encoder" | "objective">(kind: K) => {
    const { plugin, options } = chosen(roles, kind);
    return session.make(kind, plugin, options);
  };
  const encoder = await make("encoder");
  let imagesPerSecond = 0;
  const trained = await train(
    {
      ...session,
      encoder,
      objective: await make("objective"),
      views: groups.views,
    },
    { ...options, maxSteps: STEPS, logEvery: STEPS / PARTS, evalEvery: 0, saveEvery: 0 },
    {
      signal: env.signal,
      onStep: ({ record }) =>
        imagesPerSecond = Math.max(imagesPerSecond, record?.images_per_second ?? 0),
    },
  );
  trained.dispose();
  encoder.model.dispose();
  const { train: { length } } = session.dataset.splits;
  const images = options.epochs * (length - length % options.batchSize);
  return { imagesPerSecond, seconds: WHOLE * images / imagesPerSecond };
}

/** Images of STL-10 that the paper trains on: without labels and with. */
const PAPER_IMAGES = 100_000 + 5_000;
const RESNET_50 = [3, 4, 6, 3];

/**
 * Seconds of the training of `--preset=dcl-stl10`, by its convolutions: two views of each image in
 * each epoch, forward and backward, at the speed of the small residual network. In float32, untuned,
 * without evaluations.
 */
export function guessPaper({ training }: Pick<Speed, "training">): number {
  const view = TRAINING * bottleneckFlops(RESNET_50, paper["views.crop_size"]);
  return paper.epochs * PAPER_IMAGES * 2 * view / training;
}

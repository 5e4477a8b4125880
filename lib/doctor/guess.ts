/**
 * How long the quickstart and the paper's training would take here, guessed from what was measured.
 *
 * @module
 */
import paper from "../../presets/dcl-stl10.json" with { type: "json" };
import { chosen, type Roles } from "../config.ts";
import type { Device } from "../device/device.ts";
import type { BaseEnv } from "../plugin.ts";
import { openSession } from "../session.ts";
import type { TrainOptions } from "../train/options.ts";
import { train } from "../train/train.ts";
import type { ViewOptions } from "../views/options.ts";
import { bottleneckFlops, TRAINING } from "./speed.ts";
import type { Speed } from "./speed.ts";

/** The quickstart, as `deno task train` resolves it. */
export interface Quickstart {
  /** How it trains. */
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
export interface QuickstartSpeed {
  /** Training, in images per second. */
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

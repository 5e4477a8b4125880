/**
 * Three steps of training with whatever is given.
 *
 * @module
 */
import { create } from "../create.ts";
import { checkOptions } from "../options.ts";
import type { Dataset, Encoder, Objective } from "../plugin.ts";
import { loadRegistry } from "../registry.ts";
import { pretrainSplit } from "../splits.ts";
import { trainOptions } from "../train/options.ts";
import { viewOptions } from "../views/options.ts";
import { type CheckPlace, type Finding, pass } from "./check.ts";
import { checkEnv } from "./check.ts";

/** The side of the images, which encoders of one size only take too. */
export const SIDE = 32;
const STEPS = 3;

/** What is to be trained; what is left out is a small built-in one. */
export interface TinyParts {
  readonly dataset?: Dataset;
  readonly encoder?: Encoder;
  readonly objective?: Objective;
}

/** Trains. What training throws is thrown. */
export async function trainTiny(place: CheckPlace, parts: TinyParts): Promise<Finding> {
  const { device, signal } = place;
  const registry = await loadRegistry();
  const dataset = parts.dataset ?? await create(
    await registry.get("dataset", "synthetic"),
    { classes: 4, train: 64, test: 8, size: SIDE },
    checkEnv(device),
  );
  const env = checkEnv(device, { inputShape: dataset.shape, classes: dataset.classes });
  const encoder = parts.encoder ??
    await create(
      await registry.get("encoder", "conv"),
      { widths: [8, 16], strides: [2, 2] },
      env,
    );
  const objective = parts.objective ??
    await create(await registry.get("objective", "debiased"), {}, env);
  const { train } = await import("../train/train.ts");
  const { length } = pretrainSplit(dataset);
  const losses: string[] = [];
  try {
    const trained = await train(
      {
        device,
        dataset,
        encoder,
        objective,
        views: checkOptions(viewOptions, { cropSize: cropOf(dataset) }),
      },
      checkOptions(trainOptions, {
        maxSteps: STEPS,
        batchSize: Math.min(16, length),
        logEvery: 1,
        saveEvery: 0,
        evalEvery: 0,
      }),
      { signal, onStep: ({ record }) => losses.push((record?.loss ?? NaN).toFixed(3)) },
    );
    trained.dispose();
  } finally {
    if (parts.encoder === undefined) encoder.model.dispose();
  }
  return pass(`${STEPS} steps, loss ${losses.join(", ")}`);
}

/** The whole image where it is small. */
function cropOf({ shape: [height, width] }: Dataset): number {
  return Math.min(height, width ?? height, SIDE);
}

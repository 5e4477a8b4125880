/**
 * Evaluating an encoder by probes, over features that are computed once.
 *
 * @module
 */
import { disposeFeatures, evaluateFeatures, extractProbeInput } from "../../evaluate/evaluate.ts";
import { pixelFeatures } from "../../evaluate/features.ts";
import { flagName } from "../../options.ts";
import type { Dataset, Encoder, Metrics, Probe } from "../../plugin.ts";
import { dataOptions, type ResultSource } from "../../run/results.ts";
import { basename } from "node:path";
import type { Session } from "../../session.ts";
import type { ViewOptions } from "../../views/options.ts";
import type { Context } from "../../command_line/command.ts";

/** Probes by name. */
export type Probes<N extends string> = { readonly [name in N]: Probe };

/** Examples that go through the encoder at a time. */
const BATCH = 256;

/** Whether the dataset has what probes need: labeled splits train and test, of at least two classes. */
export function canEvaluate({ dataset: { splits } }: Pick<Session, "dataset">): boolean {
  const classesOf = (name: string) =>
    new Set(splits[name]?.labels?.filter((label) => label >= 0) ?? []).size;
  return classesOf("train") > 1 && classesOf("test") > 0;
}

/** Says what a result is of. */
export function resultSource(
  probe: { readonly name: string; readonly options: Readonly<Record<string, unknown>> },
  flat: Readonly<Record<string, unknown>>,
  { splits }: Dataset,
  weights: string,
): ResultSource {
  const labeled = (split: string) =>
    splits[split]?.labels?.filter((label) => label >= 0).length ?? 0;
  return {
    probe: probe.name,
    probe_options: Object.fromEntries(
      Object.entries(probe.options).map(([key, value]) => [flagName(key), value]),
    ),
    dataset: String(flat.dataset),
    dataset_options: dataOptions(flat),
    split: "test",
    train_examples: labeled("train"),
    test_examples: labeled("test"),
    checkpoint: basename(weights),
    seed: Number(flat.seed ?? 0),
  };
}

/**
 * Runs the probes on the features of an encoder, which stays as it is; without an encoder, on raw
 * pixels.
 *
 * @param views the augmentation for probes that train on augmented images.
 */
export async function evaluateEncoder<N extends string>(
  { signal }: Pick<Context, "signal">,
  { device, dataset, env }: Session,
  probes: Probes<N>,
  encoder?: Encoder,
  views?: ViewOptions,
): Promise<Record<N, Metrics>> {
  const common = { device, dataset, batchSize: BATCH, signal, progress: env.progress };
  const features = encoder
    ? await extractProbeInput({
      ...common,
      encoder,
      ...(views && { augmentation: { seed: env.seed, views } }),
    })
    : {
      train: await pixelFeatures({ ...common, split: "train" }),
      test: await pixelFeatures({ ...common, split: "test" }),
    };
  const results: Partial<Record<N, Metrics>> = {};
  try {
    for (const name in probes) {
      const probe: Probe = probes[name];
      results[name] = await evaluateFeatures({ probe, features, encoder });
    }
    device.check();
  } finally {
    disposeFeatures(features);
  }
  return results as Record<N, Metrics>;
}

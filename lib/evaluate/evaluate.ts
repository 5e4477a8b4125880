/**
 * From a frozen encoder to metrics: features once, then any number of probes.
 *
 * @module
 */
import { PluginError } from "../errors.ts";
import { called } from "../guard.ts";
import type { Encoder, Metrics, Probe, ProbeInput } from "../plugin.ts";
import { checkMetrics } from "./check_metrics.ts";
import { type Augmentation, extractFeatures, type FeatureOptions } from "./features.ts";
import { frozen } from "./frozen.ts";
import { findSplit, labelledExamples } from "./splits.ts";

/** What features of both splits are computed from. */
export interface ProbeInputOptions extends Omit<FeatureOptions, "split"> {
  /** For probes that train on augmented images. */
  readonly augmentation?: Augmentation;
}

/**
 * The features of the splits `train` and `test`, for all probes to share; free them with
 * {@linkcode disposeFeatures}. Throws UsageError, before any is computed, where a split is missing
 * or has no labels.
 */
export async function extractProbeInput(options: ProbeInputOptions): Promise<ProbeInput> {
  for (const name of ["train", "test"]) {
    labelledExamples(findSplit(options.dataset, name), name);
  }
  const train = await extractFeatures({ ...options, split: "train" });
  try {
    return { train, test: await extractFeatures({ ...options, split: "test" }) };
  } catch (error) {
    train.features.dispose();
    throw error;
  }
}

/** Frees the features of both splits. */
export function disposeFeatures({ train, test }: ProbeInput): void {
  train.features.dispose();
  test.features.dispose();
}

/** A probe, and what it is to judge. */
export interface EvaluateFeaturesOptions {
  /** The probe. */
  readonly probe: Probe;
  /** The features; they stay the caller's. */
  readonly features: ProbeInput;
  /** The encoder they are from; absent for pixels. */
  readonly encoder?: Encoder;
}

/**
 * Runs a probe on features. Throws PluginError, with the probe's name, where it changes the encoder
 * or the features, or returns what is no metrics.
 */
export async function evaluateFeatures(options: EvaluateFeaturesOptions): Promise<Metrics> {
  const { probe, features: { train, test }, encoder } = options;
  const act = async () => {
    // Labels are the probe's own copies: it may sort them.
    const metrics = await probe.evaluate({
      train: { ...train, labels: train.labels.slice() },
      test: { ...test, labels: test.labels.slice() },
    });
    checkMetrics(metrics, probe);
    return metrics;
  };
  const metrics = encoder ? await frozen(encoder.model, probe, act) : await act();
  if (!train.features.isDisposed && !test.features.isDisposed) return metrics;
  throw new PluginError({
    act: `accept what the ${called("probe", probe)} measured`,
    rule: "a probe must leave the features to the probes after it",
    got: "disposed ones",
    next: `Correct the ${called("probe", probe)}, or choose another.`,
  });
}

/** Extracts features, runs one probe, frees the features. */
export async function evaluate(
  options: ProbeInputOptions & Pick<EvaluateFeaturesOptions, "probe">,
): Promise<Metrics> {
  const features = await extractProbeInput(options);
  try {
    const metrics = await evaluateFeatures({ ...options, features });
    options.device.check();
    return metrics;
  } finally {
    disposeFeatures(features);
  }
}

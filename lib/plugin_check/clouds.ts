/**
 * Features whose classes are known.
 *
 * @module
 */
import type { Device } from "../device/device.ts";
import type { FeatureSplit } from "../plugin.ts";
import { rng } from "../random.ts";

/** What {@linkcode clouds} makes. */
export interface CloudOptions {
  /** The number of examples; their classes come in turn. */
  readonly length: number;
  /** The length of a feature. */
  readonly dim: number;
  /** The number of classes. */
  readonly classes: number;
  /** The standard deviation within a cloud; the centres are standard normal. */
  readonly spread: number;
  /** Of the noise, not of the centres; default 1. */
  readonly seed?: number;
}

/** Features in clouds, one per class, and the same as arrays; the caller disposes. */
export function clouds(
  device: Pick<Device, "tf">,
  options: CloudOptions,
): FeatureSplit & { rows: number[][] } {
  const { length, dim, classes, spread, seed = 1 } = options;
  const labels = Int32Array.from({ length }, (_, i) => i % classes);
  const rows = Array.from(labels, (label, i) => {
    const center = rng(0, label);
    const noise = rng(seed, 7, i);
    return Array.from(
      { length: dim },
      () => Math.fround(center.normal() + spread * noise.normal()),
    );
  });
  return { features: device.tf.tensor2d(rows, [length, dim]), labels, rows };
}

/**
 * Presets: configurations that come with the package.
 *
 * @module
 */
import type { Layer } from "../config.ts";
import { UsageError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { readLayer } from "./layer.ts";

/** The names of the presets. */
export const PRESETS: readonly string[] = ["quickstart", "dcl-cifar10", "dcl-stl10"];

/** The layer of a preset. Throws UsageError where there is none of that name. */
export async function presetLayer(name: string): Promise<Layer> {
  if (PRESETS.includes(name)) {
    return await readLayer(new URL(`../../presets/${name}.json`, import.meta.url));
  }
  throw new UsageError({
    act: `use the preset ${name}`,
    rule: `there are the presets ${PRESETS.join(", ")}`,
    next: `${didYouMean(name, PRESETS)}A file of your own goes to --config.`,
  });
}

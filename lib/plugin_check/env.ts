/**
 * What a plugin is given where there is no dataset.
 *
 * @module
 */
import type { Device } from "../device/device.ts";
import type { Env } from "../plugin.ts";

/** An environment of a device; what is not given says nothing. */
export function checkEnv({ tf }: Pick<Device, "tf">, parts: Partial<Env> = {}): Env {
  return {
    tf,
    seed: 0,
    cache: "unused",
    progress: () => {},
    signal: new AbortController().signal,
    inputShape: [1],
    classes: [],
    ...parts,
  };
}

/** What a probe plugin is given, for tests. */
import type { Device } from "../../../lib/device/device.ts";
import type { Env } from "../../../lib/plugin.ts";

/** An environment of a device and the names of the classes. */
export function probeEnv(device: Device, classes: readonly string[]): Env {
  return {
    tf: device.tf,
    seed: 0,
    cache: "/nonexistent",
    progress: () => {},
    signal: new AbortController().signal,
    inputShape: [4, 4, 1],
    classes,
  };
}

/** What a probe plugin is given, for tests. */
import type { Device } from "../../../lib/device/device.ts";
import type { Env } from "../../../lib/plugin.ts";
import { checkEnv } from "../../../lib/plugin_check/check.ts";

/** An environment of a device and the names of the classes. */
export function probeEnv(device: Device, classes: readonly string[]): Env {
  return checkEnv(device, { inputShape: [4, 4, 1], classes });
}

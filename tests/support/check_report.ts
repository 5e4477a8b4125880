/** Checks a plugin as `plugins check` does, on a device. */
import type { Device } from "../../lib/device/device.ts";
import type { Plugin } from "../../lib/plugin.ts";
import { checkPlugin, type PluginReport } from "../../lib/plugin_check/check_plugin.ts";

/** The report of a plugin with options, the others at their defaults. */
export async function reportOf(
  device: Device,
  plugin: Plugin,
  options: Readonly<Record<string, unknown>> = {},
): Promise<PluginReport> {
  return await checkPlugin({
    plugin,
    options,
    device,
    cache: "/nowhere",
    progress: () => {},
    signal: new AbortController().signal,
  });
}

/** What failed and what was found there, by check. */
export function failuresOf({ rows }: PluginReport): Record<string, string> {
  return Object.fromEntries(
    rows.filter(({ verdict }) => verdict === "fail").map(({ check, found }) => [check, found]),
  );
}

/**
 * `plugins check`: tries what a good plugin holds.
 *
 * @module
 */
import type { z } from "zod";
import { cacheFolder } from "../cache.ts";
import { chooseDevice } from "../choose_device.ts";
import type { DeviceName } from "../device/device.ts";
import { parseJson } from "../files.ts";
import { TauplusError, UsageError } from "../errors.ts";
import { checkOptions, flagsOf } from "../options.ts";
import type { Plugin } from "../plugin.ts";
import { checkPlugin, type PluginReport } from "../plugin_check/check_plugin.ts";
import { loadPlugin, loadRegistry, type Registry } from "../registry.ts";
import type { Context } from "../command_line/command.ts";
import { findPlugins } from "./plugins_show.ts";

export interface CheckRequest {
  /** A name, or a specifier as after `--plugin=`. */
  readonly named: string;
  /** Options of the plugin as a JSON object, by flag name or key. */
  readonly options: string;
  /** The device to check on. */
  readonly device: DeviceName | "auto";
}

/** Checks the plugins of a name (more than one kind can have it), or that of a specifier. */
export async function checkNamed(
  { named, options, device: deviceName }: CheckRequest,
  { plugins: specifiers, registry, bar, signal }: Context<z.ZodObject>,
): Promise<PluginReport[]> {
  const plugins = await pluginsOf(named, specifiers, registry);
  const values = await parseOptions(options);
  const given = plugins.map((plugin) => optionsOf(plugin, values));
  const cache = cacheFolder();
  const device = await chooseDevice(deviceName, { cache });
  const reports: PluginReport[] = [];
  for (const [i, plugin] of plugins.entries()) {
    const progress = (p: Parameters<typeof bar.show>[0]) => bar.show(p);
    reports.push(
      await checkPlugin({ plugin, options: given[i], device, cache, progress, signal }),
    );
  }
  bar.end();
  return reports;
}

/** Throws, for exit code 1, where a check failed. */
export function refuseFailed(reports: readonly PluginReport[]): void {
  for (const { kind, name, rows } of reports) {
    const failed = rows.filter(({ verdict }) => verdict === "fail").map(({ check }) => check);
    if (failed.length === 0) continue;
    throw new TauplusError({
      act: `pass the ${kind} ${name}`,
      rule: `${failed.length} of ${rows.length} checks failed: ${failed.join(", ")}`,
      next: "What to do about each is under the table.",
    });
  }
}

/** A specifier has a slash, a dot or a colon; names have none. */
async function pluginsOf(
  named: string,
  specifiers: readonly string[],
  registry: Registry,
): Promise<Plugin[]> {
  if (!/[./:\\]/.test(named)) return await findPlugins(registry, named, "check");
  // Refuses a name that is taken.
  await loadRegistry([...new Set([...specifiers, named])]);
  return [await loadPlugin(named)];
}

async function parseOptions(text: string): Promise<Readonly<Record<string, unknown>>> {
  const refuse = (got: unknown) => {
    return new UsageError({
      act: "read --options",
      rule: "it must be a JSON object of the plugin's options",
      got,
      next: `Write it as --options='{"temperature": 0.1}'.`,
    });
  };
  let value: unknown;
  try {
    value = await parseJson(new TextEncoder().encode(text));
  } catch (cause) {
    throw refuse(cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse(text);
  return { ...value };
}

/** Options by flag name, as `tau_plus`, or by key, checked. */
function optionsOf(
  { options }: Plugin,
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const keys = new Map(flagsOf(options).map(({ name, key }) => [name, key]));
  const byKey = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [keys.get(name) ?? name, value]),
  );
  if (Object.keys(byKey).length > 0) checkOptions(options, byKey);
  return byKey;
}

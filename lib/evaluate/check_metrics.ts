/**
 * What a probe may return.
 *
 * @module
 */
import { PluginError } from "../errors.ts";
import { called } from "../guard.ts";
import type { Metrics, Probe } from "../plugin.ts";

/**
 * Throws PluginError, with the probe's name, unless `metrics` is an object with `top1` and `top5`
 * in percent and JSON values throughout: what is written to a report must read back the same.
 */
export function checkMetrics(metrics: Metrics, probe: Probe): void {
  const refuse = (rule: string, got: unknown) => {
    throw new PluginError({
      act: `accept what the ${called("probe", probe)} measured`,
      rule,
      got,
      next: `Correct the ${called("probe", probe)}, or choose another.`,
    });
  };
  if (!isRecord(metrics)) refuse("a probe returns an object with top1 and top5", metrics);
  for (const key of ["top1", "top5"]) {
    const value = metrics[key];
    if (typeof value === "number" && value >= 0 && value <= 100) continue;
    refuse(`${key} must be a number from 0 to 100`, value);
  }
  for (const [key, value] of Object.entries(metrics)) {
    if (!isJson(value)) refuse(`${key} must be a JSON value, without NaN`, value);
  }
}

/** Whether JSON keeps a value as it is. */
function isJson(value: unknown, above: readonly unknown[] = []): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (above.includes(value)) return false;
  const inside = (item: unknown) => isJson(item, [...above, value]);
  if (Array.isArray(value)) return value.every(inside);
  return isRecord(value) && Object.values(value).every(inside);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

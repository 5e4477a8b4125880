/** The built-in plugins hold what `plugins check` asks of anybody's; the large ones take too long. */
import { assertEquals } from "@std/assert";
import type { Kind } from "../../lib/plugin.ts";
import { loadRegistry } from "../../lib/registry.ts";
import { failuresOf, reportOf } from "../support/check_report.ts";
import { testOnDevices, testOnWasm } from "../support/devices.ts";

const registry = await loadRegistry();

/** What needs no download and takes a second or two. */
const FAST: readonly (readonly [Kind, string, Record<string, unknown>])[] = [
  ["dataset", "fashion-mini", {}],
  ["dataset", "synthetic", { train: 256, test: 64 }],
  ["encoder", "conv", {}],
  ["encoder", "conv", { widths: [8, 16], strides: [1, 2], grid: 2 }],
  ...registry.names("objective").map((name) => ["objective", name, {}] as const),
  ["objective", "debiased", { positives: 3 }],
  ["probe", "linear", {}],
  ["probe", "linear", { protocol: "dcl", epochs: 20, batchSize: 60, learningRate: 0.02 }],
  ["probe", "knn", {}],
];

for (const [kind, name, options] of FAST) {
  const given = JSON.stringify(options).slice(1, -1);
  const test = kind === "objective" ? testOnDevices : testOnWasm;
  test(`the ${kind} ${name} (${given}) passes every check`, async (device) => {
    const report = await reportOf(device, await registry.get(kind, name), options);
    assertEquals(failuresOf(report), {});
    if (kind !== "objective") return;
    const order = report.rows.filter(({ check }) => check.startsWith("order of"));
    assertEquals(order.map(({ verdict }) => verdict), ["pass", "pass"]);
  });
}

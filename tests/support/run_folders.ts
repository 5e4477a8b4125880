/** Run folders without a training. */
import type { MetricsRecord } from "../../lib/run/metrics.ts";

/** Writes a run with a configuration and the lines of its log; returns its folder. */
export async function writeRun(
  out: string,
  name: string,
  metrics: readonly MetricsRecord[] = [],
  config: Record<string, unknown> = { epochs: 2 },
): Promise<string> {
  const folder = `${out}/${name}`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  await Deno.writeTextFile(`${folder}/metrics.jsonl`, metrics.map(logLine).join(""));
  return folder;
}

/** A record as a line of the log. */
export function logLine(record: MetricsRecord): string {
  return JSON.stringify(record) + "\n";
}

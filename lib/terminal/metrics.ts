/**
 * What a probe measured, for the terminal.
 *
 * @module
 */
import { z } from "zod";
import type { Metrics } from "../plugin.ts";
import { table } from "./table.ts";

/** The fields of a classifier; a probe need not have them. */
const classifier = z.object({
  perClass: z.record(z.string(), z.number().nullable()),
  confusion: z.array(z.array(z.number())),
});

/** More classes than this are too wide a confusion matrix for a terminal. */
const WIDEST = 12;

/** Top-1 and top-5, then per-class accuracy and confusion where the probe has them. */
export function showMetrics(metrics: Metrics): string {
  const head = `top-1 ${metrics.top1.toFixed(2)} %   top-5 ${metrics.top5.toFixed(2)} %`;
  const { success, data } = classifier.safeParse(metrics);
  if (!success) return head;
  const names = Object.keys(data.perClass);
  const wide = names.length <= WIDEST;
  const columns = wide ? names.map((_, i) => String(i)) : [];
  const rows = names.map((name, i) => [
    wide ? `${i} ${name}` : name,
    data.perClass[name]?.toFixed(1) ?? "none",
    ...(wide ? data.confusion[i].map(String) : []),
  ]);
  const caption = wide ? "\n\nColumns 0 … are the predicted classes, as counts.\n\n" : "\n\n";
  return head + caption + table(["class", "top-1 %", ...columns], rows);
}

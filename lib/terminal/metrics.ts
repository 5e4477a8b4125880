/**
 * What a probe measured, for the terminal.
 *
 * @module
 */
import { classifierResult } from "../evaluate/classifier_result.ts";
import { own } from "../own.ts";
import type { Metrics } from "../plugin.ts";
import { table } from "./table.ts";
import { terminalWidth } from "./width.ts";

/** Spaces between columns, and the columns that names and accuracies need beside the counts. */
const GAP = 2, BESIDE = 20;

/**
 * Top-1 and top-5, then accuracy per class where the probe has it, and the confusion where there is
 * room for it.
 */
export function showMetrics(metrics: Metrics, columns = terminalWidth(Deno.stdout)): string {
  const head = `top-1 ${metrics.top1.toFixed(2)} %   top-5 ${metrics.top5.toFixed(2)} %`;
  const found = classifierResult(metrics);
  if (!found) return head;
  const { classes: names, perClass, confusion } = found;
  const digits = String(Math.max(...confusion.flat(), names.length - 1)).length;
  const wide = BESIDE + names.length * (GAP + digits) <= columns;
  const predicted = wide ? names.map((_, i) => String(i)) : [];
  const rows = names.map((name, i) => [
    wide ? `${i} ${name}` : name,
    own(perClass, name)?.toFixed(1) ?? "none",
    ...(wide ? confusion[i].map(String) : []),
  ]);
  const caption = wide
    ? "Columns 0 … are the predicted classes, as counts."
    : "The confusion matrix is too wide for here; --json gives it.";
  const layout = { columns, gap: GAP };
  const body = table(["class", "top-1 %", ...predicted], rows, 1, layout);
  return [head, caption, body].join("\n\n");
}

/**
 * `linear` and `knn`: a probe over a frozen encoder.
 *
 * @module
 */
import { chosen, type Layer } from "../config.ts";
import { type OpenRun, runGroups } from "../open_run.ts";
import type { Command } from "../command_line/command.ts";
import {
  restore,
  restoreLayers,
  type restoreOptions,
  restoreSpec,
  variant,
} from "./shared/restore.ts";
import { classifierResult } from "../run/results.ts";
import { fitToData } from "../fit_to_data.ts";
import { flagName } from "../options.ts";
import { own } from "../names.ts";
import { printErr } from "../terminal/print.ts";
import type { Metrics } from "../plugin.ts";
import { table, terminalWidth } from "../terminal/text.ts";
import { TRAINING_PROBE } from "../train/options.ts";

/** The reference's own way to evaluate an encoder, for a file of PyTorch's. */
const REFERENCE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  linear: { probe: "linear", "probe.protocol": "dcl" },
};

export function probeCommand(name: string): Command<typeof restoreOptions, typeof runGroups> {
  const spec = restoreSpec({ probe: name }, runGroups);
  return {
    spec,
    opensRuns: true,
    layers: (named) => restoreLayers(spec, named, REFERENCE[name], (run) => settingsOf(name, run)),
    async run(context) {
      const { canEvaluate, evaluateEncoder, resultSource } = await import(
        "./shared/evaluate_encoder.ts"
      );
      const { session, encoder, run, path } = await restore(context);
      const { roles, groups, flat } = fitToData(context.config, session.dataset, {
        evaluated: canEvaluate(session),
        notify: printErr,
      });
      const { plugin, options } = chosen(roles, "probe");
      const probe = await session.make("probe", plugin, options);
      const { [plugin.name]: metrics } = await evaluateEncoder(
        context,
        session,
        { [plugin.name]: probe },
        encoder,
        groups.views,
      );
      const { writeProbeResult } = await import("../run/results.ts");
      const judged = resultSource({ name: plugin.name, options }, flat, session.dataset, path);
      const saved = run &&
        await writeProbeResult(run.path, await variant(context, run, path), judged, metrics);
      context.result(
        { probe: plugin.name, judged, metrics, saved },
        () => showMetrics(metrics) + (saved ? `\n\nsaved: ${saved}` : ""),
      );
    },
  };
}

/** How the run was evaluated by the probe: as the user chose, or as every training is. */
function settingsOf(name: string, { layer }: OpenRun): Layer[] {
  const settings = layer.values.probe === name
    ? Object.entries(layer.values).filter(([option]) => option.startsWith("probe."))
    : name === TRAINING_PROBE.name
    ? Object.entries(TRAINING_PROBE.options).map(([own, option]) => [
      `probe.${flagName(own)}`,
      layer.values[flagName(option)],
    ])
    : [];
  return [{
    source: layer.source,
    values: { probe: name, ...Object.fromEntries(settings) },
    text: false,
    implied: true,
  }];
}

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

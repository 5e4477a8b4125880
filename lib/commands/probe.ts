/**
 * What `linear` and `knn` have in common: a probe over a trained encoder.
 *
 * @module
 */
import { chosen, type Layer } from "../config.ts";
import type { OpenRun, runGroups } from "../open_run.ts";
import type { Command } from "./command.ts";
import { restore, restoreLayers, type restoreOptions, restoreSpec, variant } from "./restore.ts";

/** The reference's own way to judge an encoder, for a file of PyTorch's. */
const REFERENCE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  linear: { probe: "linear", "probe.protocol": "dcl" },
};

/** The command of a probe. */
export function probeCommand(name: string): Command<typeof restoreOptions, typeof runGroups> {
  return {
    spec: restoreSpec({ probe: name }),
    layers: (named) => restoreLayers(named, REFERENCE[name], (run) => settingsOf(name, run)),
    async run(context) {
      const { judge, judgedBy } = await import("./judge.ts");
      const { showMetrics } = await import("../terminal/metrics.ts");
      const { config: { roles, groups, flat } } = context;
      const { session, encoder, run, path } = await restore(context);
      const { plugin, options } = chosen(roles, "probe");
      const probe = await session.make("probe", plugin, options);
      const { [plugin.name]: metrics } = await judge(
        context,
        session,
        { [plugin.name]: probe },
        encoder,
        groups.views,
      );
      const { writeProbeResult } = await import("../run/results.ts");
      const judged = judgedBy({ name: plugin.name, options }, flat, session.dataset, path);
      const saved = run &&
        await writeProbeResult(run.path, await variant(context, run, path), judged, metrics);
      context.result(
        { probe: plugin.name, judged, metrics, saved },
        () => showMetrics(metrics) + (saved ? `\n\nsaved: ${saved}` : ""),
      );
    },
  };
}

/** How the run was judged by the probe; every training is judged by kNN, with the `k` of its own. */
function settingsOf(name: string, { layer }: OpenRun): Layer[] {
  const { probe, k, knn_temperature: temperature } = layer.values;
  const own = Object.entries(layer.values).filter(([option]) => option.startsWith("probe."));
  const values = probe === name
    ? Object.fromEntries(own)
    : name === "knn"
    ? { "probe.k": k, "probe.temperature": temperature }
    : {};
  return [{ source: layer.source, values: { probe: name, ...values }, text: false }];
}

/**
 * What `linear` and `knn` have in common: a probe over a trained encoder.
 *
 * @module
 */
import { chosen } from "../config.ts";
import type { Command } from "./command.ts";
import { restore, restoreLayers, type restoreOptions, restoreSpec } from "./restore.ts";

/** The reference's own way to judge an encoder, for a file of PyTorch's. */
const REFERENCE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  linear: { probe: "linear", "probe.protocol": "dcl" },
};

/** The command of a probe. */
export function probeCommand(name: string): Command<typeof restoreOptions> {
  return {
    spec: restoreSpec({ probe: name }),
    layers: (named) => restoreLayers(named, REFERENCE[name]),
    async run(context) {
      const { judge } = await import("./judge.ts");
      const { showMetrics } = await import("../terminal/metrics.ts");
      const { viewOptions } = await import("../views/options.ts");
      const { config: { roles, groups } } = context;
      const { session, encoder, folder } = await restore(context);
      const { plugin, options } = chosen(roles, "probe");
      const probe = await session.make("probe", plugin, options);
      const { [plugin.name]: metrics } = await judge(
        context,
        session,
        { [plugin.name]: probe },
        encoder,
        viewOptions.parse(groups.views),
      );
      const saved = folder && `${folder}/${plugin.name}.json`;
      if (saved) {
        const { writeAtomic } = await import("../run/atomic_write.ts");
        const { jsonText } = await import("../run/json_text.ts");
        await writeAtomic(saved, jsonText(metrics));
      }
      context.result(
        { probe: plugin.name, metrics, saved },
        () => showMetrics(metrics) + (saved ? `\n\nsaved: ${saved}` : ""),
      );
    },
  };
}

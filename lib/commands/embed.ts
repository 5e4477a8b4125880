/**
 * `embed`: features and labels of a split as a file.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";
import type { Command } from "../command_line/command.ts";
import {
  encoderGroups,
  restore,
  restoreLayers,
  restoreOptions,
  restoreSpec,
  variant,
} from "./shared/restore.ts";

const options = restoreOptions.extend({
  split: z.string().default("test").describe("split of the dataset").meta(facts("call")),
  file: z.string().optional()
    .describe("file to write; default <split>.safetensors in the run's folder")
    .meta({ ...facts("call"), format: "file-path" }),
});

const spec = { ...restoreSpec({}, encoderGroups), options };

export const command: Command<typeof options, typeof encoderGroups> = {
  spec,
  opensRuns: true,
  layers: (named) => restoreLayers(spec, named),
  async run(context) {
    const { embed, isEmbedding } = await import("../evaluate/embed.ts");
    const { checkReplaceable } = await import("../run/outputs.ts");
    const { config: { options: { split, file }, flat }, signal } = context;
    const { session: { device, dataset, env }, encoder, run, path: source } = await restore(
      context,
    );
    const other = run && await variant(context, run, source);
    const name = [
      split.replaceAll(/[^\w-]/g, "_"),
      other?.data ? `${flat.dataset}-${other.data}` : "",
      other?.weights ?? "",
    ].filter((part) => part !== "").join("-");
    const path = file ?? `${run?.path ?? "."}/${name}.safetensors`;
    await checkReplaceable(path, "--file", isEmbedding, source);
    const { length, dim } = await embed({
      device,
      dataset,
      encoder,
      split,
      path,
      batchSize: 256,
      progress: env.progress,
      signal,
    });
    context.result(
      { path, split, length, dim },
      () => `saved: ${path}   ${length} × ${dim} features`,
    );
  },
};

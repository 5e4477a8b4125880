/**
 * `embed`: features and labels of a split as a file.
 *
 * @module
 */
import { z } from "zod";
import type { runGroups } from "../open_run.ts";
import type { Command } from "./command.ts";
import { restore, restoreLayers, restoreOptions, restoreSpec } from "./restore.ts";

const options = restoreOptions.extend({
  split: z.string().default("test").describe("split of the dataset"),
  file: z.string().optional()
    .describe("file to write; default <split>.safetensors in the run's folder")
    .meta({ format: "file-path" }),
});

/** The command. */
export const command: Command<typeof options, typeof runGroups> = {
  spec: { ...restoreSpec({}), options },
  layers: restoreLayers,
  async run(context) {
    const { embed } = await import("../evaluate/embed.ts");
    const { config: { options: { split, file } }, signal } = context;
    const { session: { device, dataset, env }, encoder, run } = await restore(context);
    const path = file ?? `${run?.path ?? "."}/${split.replaceAll(/[^\w-]/g, "_")}.safetensors`;
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

/**
 * `train`: trains an encoder, then evaluates it.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";
import type { Layer } from "../config.ts";
import { UsageError } from "../errors.ts";
import { openRun, runGroups } from "../open_run.ts";
import { trainOptions } from "../train/options.ts";
import type { Command } from "../command_line/command.ts";
import { presetLayer, PRESETS } from "../command_line/layer.ts";
import { deviceOption, outOption, runFolderOf, tuneOption } from "./shared/run_options.ts";

/** The command's own options: those of training, and of the command line. */
export const trainCommandOptions = trainOptions.extend({
  device: deviceOption,
  tune: tuneOption,
  out: outOption,
  resume: z.string().optional().describe("continue the run in this folder; bare, the latest run")
    .meta({ ...facts("call"), format: "run-path" }),
  preset: z.string().optional()
    .describe(`start from a preset (${PRESETS.join(", ")}); the default without a --dataset`)
    .meta({ ...facts("call", { sweep: "shared" }), examples: PRESETS }),
  debiased: z.boolean().optional()
    .describe("the reference's flag: --objective=debiased, or biased where false").meta(
      facts("call", { reference: true, front: false }),
    ),
  baselines: z.boolean().default(true)
    .describe("at the end, evaluate the untrained encoder and raw pixels as well").meta(
      facts("machine", { sweep: "assigned" }),
    ),
  tensorboard: z.boolean().default(false)
    .describe("write what TensorBoard shows to the folder tensorboard of the run").meta(
      facts("machine"),
    ),
});

export const command: Command<typeof trainCommandOptions, typeof runGroups> = {
  spec: {
    options: trainCommandOptions,
    roles: {
      dataset: "fashion-mini",
      encoder: "conv",
      objective: "debiased",
      probe: "linear",
    },
    groups: runGroups,
  },
  opensRuns: true,
  rewrite({ debiased: written, ...flags }) {
    if (written === undefined) return flags;
    const debiased = written.toLowerCase();
    if (debiased !== "" && debiased !== "true" && debiased !== "false") {
      throw new UsageError({
        act: "set --debiased",
        rule: "it must be true or false",
        got: debiased,
        next: "It stands for --objective=debiased and --objective=biased.",
      });
    }
    const objective = debiased === "false" ? "biased" : "debiased";
    if (flags.objective !== undefined && flags.objective !== objective) {
      throw new UsageError({
        act: `use --debiased${debiased ? "=" + debiased : ""} and --objective=${flags.objective}`,
        rule: "both choose the objective",
        next: "Give one of them.",
      });
    }
    return { ...flags, objective };
  },
  async layers(named): Promise<Layer[]> {
    if (named.resume !== undefined) {
      const folder = await runFolderOf(String(named.resume), String(named.out ?? "runs"));
      return [{ ...(await openRun(folder)).layer, implied: true }];
    }
    if (named.preset !== undefined) return [await presetLayer(String(named.preset))];
    if (named.dataset !== undefined) return [];
    return [{ ...await presetLayer("quickstart"), implied: true }];
  },
  async run(context) {
    const { trainAndEvaluate } = await import("./train_and_evaluate.ts");
    await trainAndEvaluate(context);
  },
};

/**
 * `sweep`: trains many arms over many seeds, and compares them.
 *
 * @module
 */
import { z } from "zod";
import type { runGroups } from "../open_run.ts";
import { expandArms } from "../sweep/arms.ts";
import type { Command } from "./command.ts";
import { command as train, trainCommandOptions } from "./train.ts";

const ofOneRun = { seed: true, out: true, resume: true, debiased: true } as const;

/** The command's own options, then those of `train` that are not of a single run. */
export const sweepCommandOptions = z.strictObject({
  seeds: z.array(z.int().min(0)).min(1)
    .refine((seeds) => seeds.length > 1 || seeds[0] > 0, "it must be a count of at least 1")
    .refine((seeds) => new Set(seeds).size === seeds.length, "no seed may be there twice")
    .default([5]).describe("how many seeds, counted from 0; or the seeds, as 3,7,11"),
  baseline: z.string().optional()
    .describe(
      "the arm that the others are compared with, as the table names it; default the first",
    ),
  jobs: z.int().min(1).default(1).describe("trainings at a time"),
  out: z.string().min(1).optional().describe("folder of the sweep; default sweeps/DATASET")
    .meta({ format: "directory-path" }),
}).extend(trainCommandOptions.omit(ofOneRun).shape);

/** The command. */
export const command: Command<typeof sweepCommandOptions, typeof runGroups> = {
  spec: { ...train.spec, options: sweepCommandOptions },
  layers: ({ preset, dataset }) => train.layers?.({ preset, dataset }) ?? [],
  async first(layers, registry) {
    const { own, arms } = await expandArms(command.spec, layers, registry);
    return [...own, ...arms[0].layers];
  },
  async run(context) {
    const { sweep } = await import("../sweep/sweep.ts");
    await sweep(context);
  },
};

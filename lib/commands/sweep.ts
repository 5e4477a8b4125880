/**
 * `sweep`: trains many arms over many seeds, and compares them.
 *
 * @module
 */
import { z } from "zod";
import type { runGroups } from "../open_run.ts";
import { facts } from "../facts.ts";
import { flagsOf } from "../options.ts";
import { expandArms } from "../sweep/arms.ts";
import type { Command } from "../command_line/command.ts";
import { command as train, trainCommandOptions } from "./train.ts";

/** Those of `train` but what a sweep does not take; it passes them on, and itself reads none. */
const ofRuns: Readonly<Record<never, z.ZodType>> = Object.fromEntries(
  flagsOf(trainCommandOptions).flatMap(({ key, facts: { sweep } }) =>
    sweep === "absent" ? [] : [[key, (trainCommandOptions.shape as z.ZodRawShape)[key]]]
  ),
);

/** The command's own options, then those of its runs. */
export const sweepCommandOptions = z.strictObject({
  seeds: z.array(z.int().min(0)).min(1)
    .refine((seeds) => seeds.length > 1 || seeds[0] > 0, "it must be a count of at least 1")
    .refine((seeds) => new Set(seeds).size === seeds.length, "each seed must be given once")
    .default([5]).describe("how many seeds, counted from 0; or the seeds, as 3,7,11").meta(
      facts("sweep"),
    ),
  baseline: z.string().optional()
    .describe(
      "the arm that the others are compared with, as the table names it; default the first",
    ).meta(facts("sweep", { front: false })),
  jobs: z.int().min(1).default(1).describe("trainings at a time").meta(facts("sweep")),
  out: z.string().min(1).optional().describe("folder of the sweep; default sweeps/DATASET")
    .meta({ ...facts("sweep"), format: "directory-path" }),
}).extend(ofRuns);

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

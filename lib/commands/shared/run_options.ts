/**
 * The options that several commands share: where to compute, and which run is meant.
 *
 * @module
 */
import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { facts } from "../../facts.ts";
import { latestRun } from "../../run/run_folder.ts";

export const deviceOption: z.ZodDefault<
  z.ZodEnum<{ auto: "auto"; webgpu: "webgpu"; wasm: "wasm" }>
> = z.enum(["auto", "webgpu", "wasm"]).default("auto")
  .describe("where to compute; auto: a GPU, else the faster of a software adapter and wasm")
  .meta(facts("machine", { front: true }));

export const tuneOption: z.ZodDefault<z.ZodEnum<{ on: "on"; off: "off" }>> = z.enum(["on", "off"])
  .default("on").describe(
    "on webgpu, time the ways each kernel can compute, once per adapter; the results are the same",
  ).meta(facts("machine"));

export const outOption: z.ZodDefault<z.ZodString> = z.string().min(1).default("runs")
  .describe("folder of the runs").meta({
    ...facts("machine", { sweep: "absent" }),
    format: "directory-path",
  });

/** The folder of a run: as named, or the latest in `out`. Throws UsageError where there is none. */
export async function runFolderOf(named: string, out: string): Promise<string> {
  if (named !== "") return named;
  const latest = await latestRun(out);
  if (latest !== undefined) return latest;
  throw new UsageError({
    act: "find the latest run",
    rule: `the folder ${out} must contain one`,
    next: "Train first (`deno task train`), or name one: --run=DIR.",
  });
}

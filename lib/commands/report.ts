/**
 * `report`: one page about one or more runs.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";
import type { Command } from "../command_line/command.ts";
import type { Written } from "../report/write_report.ts";
import { deviceOption, outOption, runFolderOf, tuneOption } from "./shared/run_options.ts";

const options = z.strictObject({
  run: z.array(z.string().min(1)).default([])
    .describe("folders of the runs, as --run=a,b or --run=a --run=b; default the latest")
    .meta({ ...facts("call"), format: "run-path" }),
  to: z.string().min(1).optional()
    .describe("folder to write; default report in the run's, or beside the first of several")
    .meta({ ...facts("call"), format: "directory-path" }),
  points: z.int().min(5).max(5000).default(2000).describe("test images on the map, at most").meta(
    facts("call"),
  ),
  device: deviceOption,
  tune: tuneOption,
  out: outOption,
});

export const command: Command<typeof options> = {
  spec: { options, roles: {} },
  opensRuns: true,
  async run(context) {
    const { config: { options: { run, to, out, ...options } }, result } = context;
    const { writeReport } = await import("../report/write_report.ts");
    const { examineRun } = await import("./examine_run.ts");
    const { printErr } = await import("../terminal/print.ts");
    const folders = run.length > 0 ? run : [await runFolderOf("", out)];
    const report = await writeReport(folders, to, async (name, data) => {
      printErr(`run      ${name}`);
      const found = await examineRun(name, data, options, context);
      for (const part of [found.linear, found.test, found.views]) {
        if ("missing" in part) printErr(`         left out: ${part.missing}`);
      }
      return found;
    }, printErr);
    result(report, textOf);
  },
};

function textOf({ page, figures }: Written): string {
  return `report: ${page}   ${figures.length} figures beside it`;
}

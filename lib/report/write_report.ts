/**
 * Writing a report: whole, in place of an earlier one.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { writeExport } from "../interop/export_files.ts";
import { writeError } from "../run/atomic_write.ts";
import { readRun, type RunData } from "./read_run.ts";
import { checkReportFolder, PAGE, reportFiles, reportFolder } from "./report.ts";
import type { ReportRun } from "./report_run.ts";

/** More runs than this have no room side by side. */
const MOST = 12;

/** What was written. */
export interface Written {
  /** The page. */
  readonly page: string;
  /** The figures. */
  readonly figures: readonly string[];
  /** By run: what is left out, and why. */
  readonly missing: readonly string[];
}

/**
 * Examines the runs in turn and writes their report to `to`, or to its default.
 *
 * Throws, before any run is examined, DataError where a folder is no run, and UsageError where `to`
 * is in use for something else.
 *
 * @param say is told, in a sentence, of what is left out of a run's log
 */
export async function writeReport(
  folders: readonly string[],
  to: string | undefined,
  examine: (name: string, data: RunData) => Promise<ReportRun>,
  say?: (words: string) => void,
): Promise<Written> {
  const paths = [...new Map(folders.map((folder) => [resolve(folder), folder])).values()];
  if (paths.length > MOST) {
    throw new UsageError({
      act: "lay the runs side by side",
      rule: `a report has room for ${MOST}`,
      got: paths.length,
      next: "Name fewer, or see `deno task sweep` for many.",
    });
  }
  const data = await Promise.all(paths.map((path) => readRun(path, say)));
  const folder = to ?? reportFolder(paths);
  await checkReportFolder(folder);
  const runs: ReportRun[] = [];
  for (const run of data) {
    const twice = data.some((other) => other !== run && other.name === run.name);
    runs.push(await examine(twice ? run.path : run.name, run));
  }
  const files = await reportFiles(runs);
  await Deno.mkdir(dirname(resolve(folder)), { recursive: true }).catch((cause) => {
    throw writeError(folder, cause);
  });
  await writeExport(folder, files);
  return {
    page: join(folder, PAGE),
    figures: [...files.keys()].filter((name) => name !== PAGE).map((name) => join(folder, name)),
    missing: runs.flatMap(({ name, linear, test, views }) =>
      [linear, test, views].flatMap((part) => "missing" in part ? [`${name}: ${part.missing}`] : [])
    ),
  };
}

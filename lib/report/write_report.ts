/**
 * Writing a report: whole, in place of an earlier one.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { checkReplaceableFolder, writeOutput } from "../run/outputs.ts";
import { readText, writeError } from "../files.ts";
import { readRun, type RunData } from "./report_run.ts";
import type { ReportRun } from "./report_run.ts";
import { curves } from "./curves.ts";
import { draw, svgFile } from "./figure.ts";
import { mapFigure } from "./map.ts";
import { confusionFigure, perClassFigure } from "./probe_figures.ts";
import { GENERATOR, page } from "./page.ts";

/** More runs than this have no room side by side. */
const MOST = 12;

export interface Written {
  readonly page: string;
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
 * @param notify called with a sentence on what is left out of a run's log
 */
export async function writeReport(
  folders: readonly string[],
  to: string | undefined,
  examine: (name: string, data: RunData) => Promise<ReportRun>,
  notify?: (words: string) => void,
): Promise<Written> {
  const paths = [...new Map(folders.map((folder) => [resolve(folder), folder])).values()];
  if (paths.length > MOST) {
    throw new UsageError({
      act: "compare the runs",
      rule: `a report can show at most ${MOST}`,
      got: paths.length,
      next: "Name fewer, or see `deno task sweep` for many.",
    });
  }
  const data = await Promise.all(paths.map((path) => readRun(path, notify)));
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
  await writeOutput(folder, files);
  return {
    page: join(folder, PAGE),
    figures: [...files.keys()].filter((name) => name !== PAGE).map((name) => join(folder, name)),
    missing: runs.flatMap(({ name, linear, test, views }) =>
      [linear, test, views].flatMap((part) => "missing" in part ? [`${name}: ${part.missing}`] : [])
    ),
  };
}

/** The page's name. */
const PAGE = "index.html";

/** The files of a report of one or more runs, by name: the page and its figures as SVG. */
async function reportFiles(runs: readonly ReportRun[]): Promise<Map<string, string>> {
  const id = (name: string, i: number) => runs.length === 1 ? name : `${name}-${i + 1}`;
  const drawn = await Promise.all(
    curves(runs.map(({ data, name }) => ({ ...data, name })))
      .map(async ({ field, ...figure }) => ({ field, ...await draw(figure) })),
  );
  const evaluated = runs.flatMap(({ name, linear }) =>
    "found" in linear ? [{ name, result: linear.found }] : []
  );
  const perClass = evaluated.length > 0
    ? await draw(perClassFigure("per-class", evaluated))
    : undefined;
  const confusion = await Promise.all(
    runs.map(async ({ name, linear }, i) =>
      "found" in linear
        ? await draw(confusionFigure(id("confusion", i), name, linear.found))
        : undefined
    ),
  );
  const map = await Promise.all(
    runs.map(async ({ name, test }, i) =>
      "found" in test ? await draw(mapFigure(id("map", i), name, test.found)) : undefined
    ),
  );
  const files = new Map([[PAGE, page(runs, { curves: drawn, perClass, confusion, map })]]);
  for (const drawing of [...drawn, perClass, ...confusion, ...map]) {
    if (drawing) files.set(`${drawing.id}.svg`, svgFile(drawing));
  }
  return files;
}

/** Throws a UsageError where `folder` is anything but free, empty or an earlier report. */
async function checkReportFolder(folder: string): Promise<void> {
  const text = await readText(join(folder, PAGE)).catch(() => "");
  await checkReplaceableFolder(folder, {
    act: `write the report ${folder}`,
    flag: "--to",
    what: "report",
    foreign: (names) =>
      text.includes(GENERATOR)
        ? names.find((name) => name !== PAGE && !name.endsWith(".svg"))
        : names[0],
  });
}

/** Where a report goes where nothing is said: beside what it is about. */
function reportFolder(paths: readonly string[]): string {
  if (paths.length === 1) return join(paths[0], "report");
  return join(dirname(paths[0]), `report-of-${paths.length}-${basename(paths[0])}`);
}

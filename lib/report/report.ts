/**
 * A report: its page and its figures, as the files of a folder.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { UsageError } from "../errors.ts";
import { curves } from "./curves.ts";
import { draw, svgFile } from "./drawing.ts";
import { mapFigure } from "./map_figure.ts";
import { confusionFigure, perClassFigure } from "./probe_figures.ts";
import { GENERATOR, page } from "./page.ts";
import type { ReportRun } from "./report_run.ts";

/** The page's name. */
export const PAGE = "index.html";

/** The files of a report of one or more runs, by name: the page and its figures as SVG. */
export async function reportFiles(runs: readonly ReportRun[]): Promise<Map<string, string>> {
  const id = (name: string, i: number) => runs.length === 1 ? name : `${name}-${i + 1}`;
  const drawn = await Promise.all(
    curves(runs.map(({ data, name }) => ({ ...data, name })))
      .map(async ({ field, ...figure }) => ({ field, ...await draw(figure) })),
  );
  const judged = runs.flatMap(({ name, linear }) =>
    "found" in linear ? [{ name, result: linear.found }] : []
  );
  const perClass = judged.length > 0 ? await draw(perClassFigure("per-class", judged)) : undefined;
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
export async function checkReportFolder(folder: string): Promise<void> {
  const info = await Deno.stat(folder).catch(() => undefined);
  if (!info) return;
  const refuse = (rule: string, got: string) => {
    throw new UsageError({
      act: `write the report ${folder}`,
      rule,
      got,
      next: "Give another --to, or move what is there.",
    });
  };
  if (!info.isDirectory) refuse("it must be a folder", "a file");
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const text = await Deno.readTextFile(join(folder, PAGE)).catch(() => "");
  const other = text.includes(GENERATOR)
    ? names.find((name) => name !== PAGE && !name.endsWith(".svg"))
    : names[0];
  if (other !== undefined) refuse("the folder must be empty, or an earlier report", other);
}

/** Where a report goes where nothing is said: beside what it is about. */
export function reportFolder(paths: readonly string[]): string {
  if (paths.length === 1) return join(paths[0], "report");
  return join(dirname(paths[0]), `report-of-${paths.length}-${basename(paths[0])}`);
}

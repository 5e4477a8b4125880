/**
 * The page of a report.
 *
 * @module
 */
import { caption } from "./captions.ts";
import { configuration } from "./configuration.ts";
import { type Curve, SERIES_COLORS } from "./curves.ts";
import { type Drawing, picture } from "./drawing.ts";
import { type Content, Html, html } from "./html.ts";
import { mapView } from "./map_view.ts";
import { neighbourGrid } from "./neighbour_grid.ts";
import { overview } from "./overview.ts";
import { activateMaps } from "./page_script.ts";
import { PAGE_STYLE } from "./page_style.ts";
import type { Part, ReportRun } from "./report_run.ts";
import { THEME } from "./theme.ts";
import { sheetRule } from "./tiles.ts";
import { viewsGrid } from "./views_grid.ts";

/** By this a folder is known for a report of ours, which another may replace. */
export const GENERATOR = '<meta name="generator" content="tauplus report">';

/** The figures of a report, drawn. */
export interface Drawings {
  /** What was logged. */
  readonly curves: readonly (Drawing & Pick<Curve, "field">)[];
  /** The accuracy by class of all runs that have one. */
  readonly perClass?: Drawing;
  /** By run: its confusion matrix and its map. */
  readonly confusion: readonly (Drawing | undefined)[];
  readonly map: readonly (Drawing | undefined)[];
}

/** The page, whole: it loads nothing. */
export function page(runs: readonly ReportRun[], drawings: Drawings): string {
  const sections: [id: string, title: string, about: string, contents: Content][] = [
    ["results", "Results", "Top-1 accuracy on the test split, in percent.", overview(runs)],
    ["training", "Training", "What was logged, over the steps.", curveGrid(runs, drawings)],
    [
      "probe",
      "Linear probe",
      "A linear classifier on the frozen features, on the test split.",
      probe(runs, drawings),
    ],
    [
      "map",
      "Map of the embedding",
      "",
      each(runs, ({ test }, i) =>
        part(test, (found) => {
          const drawing = drawings.map[i];
          return drawing && mapView(`map-${i}`, drawing, found, `test-${i}`);
        })),
    ],
    [
      "neighbours",
      "Nearest neighbours",
      "",
      each(runs, ({ test }, i) => part(test, (found) => neighbourGrid(found, `test-${i}`))),
    ],
    [
      "views",
      "What the encoder sees",
      "",
      each(runs, ({ views }, i) => part(views, (found) => viewsGrid(found, `run-${i}`))),
    ],
    ["configuration", "Configuration", "", configuration(runs)],
  ];
  const title = runs.length === 1 ? runs[0].name : `${runs.length} runs`;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    ${new Html(GENERATOR)}
    <link rel="icon" href="data:,">
    <title>${title} – tauplus report</title>
    <style>${new Html(THEME + PAGE_STYLE + runRules(runs))}</style>
      </head>
      <body${runs.length === 1 && html`
        class="one"
      `}>
        <header class="wide">
          <h1>${title}</h1>
          <p class="muted">${runs.length === 1
            ? "Report of a run"
            : runs.map(({ name }) => name).join(" · ")}</p>
        </header>
        <nav aria-label="Sections">
          <ul class="wide">${sections.map(([id, title]) =>
            html`<li><a href="#${id}">${title}</a></li>`
          )}</ul>
        </nav>
        <main>
    ${sections.map(([id, title, about, contents]) =>
      html`
        <section id="${id}"
          aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
        ${about !== "" && html`<p class="muted">${about}</p>`}
        ${contents}
        </section>
      `
    )}</main>
        <footer
          class="wide">Made by <code>deno task report</code> of tauplus. The figures are beside this
    page as SVG.</footer>
        <script>(${new Html(activateMaps.toString())})()</script>
        </body>
        </html>
  `.markup;
}

function curveGrid(runs: readonly ReportRun[], { curves }: Drawings): Content {
  if (curves.length === 0) {
    return missing("Nothing is logged yet: the first line comes after --log_every steps.");
  }
  const silent = runs.filter(({ data: { metrics } }) => metrics.length === 0);
  return html`${
    silent.map(({ name }) => missing(`Nothing is logged yet of ${name}.`))
  }<div class="grid">${
    curves.map((curve) => {
      const words = caption(curve.field);
      return html`
        <figure class="card" id="${curve.id}">${picture(curve)}${words &&
          html`<figcaption>${words}</figcaption>`}</figure>
      `;
    })
  }</div>`;
}

function probe(runs: readonly ReportRun[], { perClass, confusion }: Drawings): Content {
  return html`${perClass && html`<figure class="card per-class">${picture(perClass)}</figure>`}${
    each(runs, ({ linear }, i) =>
      part(linear, ({ top1, top5 }) => {
        const drawing = confusion[i];
        return drawing && html`<figure class="card confusion">${picture(drawing)}
<figcaption>Test images by true and predicted class; colour is the share of the row. Top-1 ${
          top1.toFixed(2)
        } %, top-5 ${top5.toFixed(2)} %.</figcaption></figure>`;
      }))
  }`;
}

/** Something of each run, side by side, under its name where there are several. */
function each(
  runs: readonly ReportRun[],
  contents: (run: ReportRun, i: number) => Content,
): Content {
  return html`<div class="runs">${
    runs.map((run, i) =>
      html`
        <div>${runs.length > 1 &&
          html`<h3><i class="swatch run-${i}"></i>${run.name}</h3>`}${contents(run, i)}</div>
      `
    )
  }</div>`;
}

function part<T>(part: Part<T>, contents: (found: T) => Content): Content {
  return "found" in part ? contents(part.found) : missing(part.missing);
}

function missing(why: string): Content {
  return html`<p class="card missing">Left out: ${why}</p>`;
}

/** The rules of the runs' colours and of their images. */
function runRules(runs: readonly ReportRun[]): string {
  return runs.map(({ test, views }, i) => {
    const rules = [`.swatch.run-${i}{background:${SERIES_COLORS[i % SERIES_COLORS.length]}}`];
    if ("found" in test) rules.push(sheetRule(`test-${i}`, test.found.sheet));
    if ("found" in views) {
      rules.push(sheetRule(`run-${i}-images`, views.found.images));
      rules.push(sheetRule(`run-${i}-views`, views.found.views));
    }
    return rules.join("\n");
  }).join("\n");
}

/**
 * The page of a report.
 *
 * @module
 */
import { fieldOf } from "./fields.ts";
import { configuration, overview } from "./configuration.ts";
import { type Curve, SERIES_COLORS } from "./curves.ts";
import { type Drawing, picture } from "./figure.ts";
import { type Content, Html, html, THEME } from "./html.ts";
import { mapView } from "./map.ts";
import { neighborGrid } from "./neighbor_grid.ts";
import { showValue } from "../options.ts";
import { probeOf } from "../run/results.ts";
import style from "./page.css" with { type: "text" };
import script from "./page.js" with { type: "text" };
import type { Part, ReportRun } from "./report_run.ts";
import { spriteRule, viewsGrid } from "./sprite_sheet.ts";

/** Marks a folder as a report of tauplus, which a new report may replace. */
export const GENERATOR = '<meta name="generator" content="tauplus report">';

/** What is in the page, and nothing else. */
const NO_NETWORK =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

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
          return drawing && mapView(`map-${i}`, drawing, found, testSheet(runs, i));
        })),
    ],
    [
      "neighbors",
      "Nearest neighbors",
      "",
      each(runs, ({ test }, i) => part(test, (found) => neighborGrid(found, testSheet(runs, i)))),
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
    <meta http-equiv="Content-Security-Policy" content="${NO_NETWORK}">
    ${new Html(GENERATOR)}
    <link rel="icon" href="data:,">
    <title>${title} – tauplus report</title>
    <style>${new Html(THEME + style + runRules(runs))}</style>
      </head>
      <body class="${runs.length === 1 ? "one" : "several"}">
        <header class="wide">
          <h1>${title}</h1>
          <p class="muted">${runs.length === 1
            ? "A training run"
            : "Side by side"}, reported by tauplus</p>
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
        <script type="module">${new Html(script)}</script>
      </body>
    </html>
  `.markup.trim() + "\n";
}

function curveGrid(runs: readonly ReportRun[], { curves }: Drawings): Content {
  if (curves.length === 0) {
    return missing("Nothing is logged yet: the first line comes after --log_every steps.");
  }
  const silent = runs.filter(({ data: { metrics } }) => metrics.length === 0);
  return html`
    ${silent.map(({ name }) => missing(`Nothing is logged yet of ${name}.`))}
    ${!curves.some(({ field }) => field === "knn_top1") &&
      missing(
        "kNN over the epochs, as nothing was evaluated while training; --eval_every=1 does it " +
          "after each epoch.",
      )}
    ${key(runs)}
    <div class="grid">${curves.map((curve) => titled(curve, fieldOf(curve.field).caption))}</div>
  `;
}

function probe(runs: readonly ReportRun[], { perClass, confusion }: Drawings): Content {
  const bars = perClass &&
    titled(
      perClass,
      "Share of the test images of each class that are classified right, in percent.",
    );
  const matrices = runs.map(({ linear }, i) =>
    part(linear, ({ top1, top5 }) => {
      const drawing = confusion[i];
      return drawing && titled(
        drawing,
        "Test images by true and predicted class; the color is the share of the row. " +
          `Top-1 ${top1.toFixed(2)} %, top-5 ${top5.toFixed(2)} %.`,
        "confusion",
      );
    })
  );
  const tables = each(runs, resultTable);
  if (runs.length === 1) return html`<div class="runs">${matrices}${bars}</div>${tables}`;
  return html`${bars && html`${key(runs)}${bars}`}${each(runs, (_, i) => matrices[i])}${tables}`;
}

/** All that probes found of a run: of its own data, and of others. */
function resultTable({ results, data: { config } }: ReportRun): Content {
  if (results.length === 0) return undefined;
  const number = (value: unknown) => Number(value).toFixed(2);
  return html`
    <div class="scroll card" tabindex="0" role="region" aria-label="All results">
      <table class="results">
        <thead>
          <tr>${["Probe", "Dataset", "Fitted on", "Evaluated on", "Weights", "Top-1, %", "Top-5, %"]
            .map((title) => html`<th scope="col">${title}</th>`)}</tr>
        </thead>
        <tbody>${results.map((result) => {
          const { judged, metrics } = result;
          const cells = judged
            ? [
              probeOf(result) + asOptions(judged.probe_options),
              judged.dataset + (result.own ? ", as trained on" : asOptions(judged.dataset_options)),
              `${judged.train_examples.toLocaleString("en")} of train`,
              `${judged.test_examples.toLocaleString("en")} of ${judged.split}`,
              judged.checkpoint,
            ]
            : [probeOf(result), `${showValue(config.dataset ?? "–")}, or not said`, "–", "–", "–"];
          return html`<tr>${
            [...cells, number(metrics.top1), number(metrics.top5)].map((cell) =>
              html`<td>${cell}</td>`
            )
          }</tr>`;
        })}</tbody>
      </table>
    </div>
  `;
}

/** ` (k 10, temperature 0.5)`; what is empty is left out. */
function asOptions(options: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(options).filter(([, value]) => String(value) !== "")
    .map(([name, value]) => `${name.replace(/^dataset\./, "")} ${showValue(value)}`);
  return said.length > 0 ? ` (${said.join(", ")})` : "";
}

function titled(drawing: Drawing, words: Content, name: string = drawing.id): Content {
  return html`
    <figure class="card ${name}" id="figure-${drawing.id}">
      <h3>${drawing.title.split(":")[0]}</h3>
      ${picture(drawing)}
      ${words !== undefined && html`<figcaption>${words}</figcaption>`}
    </figure>
  `;
}

/** Which color is which run. */
function key(runs: readonly ReportRun[]): Content {
  if (runs.length === 1) return undefined;
  return html`
    <ul class="key">
      ${runs.map(({ name }, i) => html`<li><i class="swatch run-${i}"></i>${name}</li>`)}
    </ul>
  `;
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

/** The class of a run's test images: that of the first run that has the same ones. */
function testSheet(runs: readonly ReportRun[], i: number): string {
  const uri = ({ test }: ReportRun) => "found" in test ? test.found.sheet.uri : undefined;
  return `test-${runs.findIndex((run) => uri(run) === uri(runs[i]))}`;
}

/** The rules of the runs' colors and of their images. */
function runRules(runs: readonly ReportRun[]): string {
  return runs.flatMap(({ test, views }, i) => [
    `.swatch.run-${i}{background:${SERIES_COLORS[i % SERIES_COLORS.length]}}`,
    "found" in test && testSheet(runs, i) === `test-${i}`
      ? spriteRule(`test-${i}`, test.found.sheet)
      : "",
    "found" in views ? spriteRule(`run-${i}-images`, views.found.images) : "",
    "found" in views ? spriteRule(`run-${i}-views`, views.found.views) : "",
  ]).join("\n");
}

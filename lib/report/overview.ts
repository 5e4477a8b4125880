/**
 * What the runs came to, at a glance.
 *
 * @module
 */
import { showValue } from "../options.ts";
import { own } from "../own.ts";
import { optionRows } from "./configuration.ts";
import { type Html, html } from "./html.ts";
import type { ReportRun } from "./report_run.ts";

/** A card for each run. */
export function overview(runs: readonly ReportRun[]): Html {
  const rows = optionRows(runs.map(({ data: { config } }) => config));
  const different = new Set(rows.flatMap(({ name, differs }) => differs ? [name] : []));
  return html`<div class="runs">${
    runs.map((run, i) => card(run, i, different, runs.length > 1))
  }</div>`;
}

function card(
  { name, telling, data: { config, metrics, results } }: ReportRun,
  i: number,
  different: ReadonlySet<string>,
  named: boolean,
): Html {
  const facts = telling.map((option) =>
    html`<li class="${different.has(option) ? "unlike" : ""}"><span>${
      option.split(".").at(-1)!.replaceAll("_", " ")
    }</span> ${showValue(config[option])}</li>`
  );
  const scores = Object.entries(results?.trained ?? {}).map(([probe, { top1 }]) => {
    const beside = ([["untrained", results?.untrained], ["raw pixels", results?.pixels]] as const)
      .flatMap(([who, scores]) => {
        const score = own(scores, probe);
        return score ? [`${who} ${score.top1.toFixed(2)}`] : [];
      });
    return html`
      <div class="score">
        <dt>${probe} top-1</dt>
        <dd><b>${top1.toFixed(2)}</b> %<small>${beside.join(" · ")}</small></dd>
      </div>
    `;
  });
  const last = metrics.findLast(({ loss }) => typeof loss === "number");
  const progress = last
    ? `${last.step.toLocaleString("en")} steps, ${duration(Number(last.seconds))}` +
      `${results ? `, ${results.device}` : "; not finished yet"}`
    : "No step is logged yet.";
  return html`
    <article class="card run">
    ${named && html`<h3><i class="swatch run-${i}"></i>${name}</h3>`}
    ${scores.length > 0 && html`<dl class="scores">${scores}</dl>`}
    <ul class="facts">${facts}</ul>
    <p class="muted">${progress}</p>
    </article>
  `;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/**
 * What runs came to, at a glance, and their configuration: what differs first, then all of it.
 *
 * @module
 */
import { showValue } from "../options.ts";
import { duration } from "../terminal/text.ts";
import { type Html, html } from "./html.ts";
import type { ReportRun } from "./report_run.ts";
import { own } from "../names.ts";

/** An option over the runs. */
export interface OptionRow {
  /** `objective.tau_plus`. */
  readonly name: string;
  /** Its value in each run; undefined where the run has no such option. */
  readonly values: readonly (string | undefined)[];
  /** Whether the runs differ in it. */
  readonly differs: boolean;
}

/** All options of the runs, in the order of the first that has them. */
export function optionRows(configs: readonly Readonly<Record<string, unknown>>[]): OptionRow[] {
  const names = [...new Set(configs.flatMap((config) => Object.keys(config)))];
  return names.map((name) => {
    const values = configs.map(({ [name]: value }) =>
      value === undefined ? undefined : showValue(value)
    );
    return { name, values, differs: new Set(values).size > 1 };
  });
}

/** The section's contents. */
export function configuration(runs: readonly ReportRun[]): Html {
  const rows = optionRows(runs.map(({ data: { config } }) => config));
  return runs.length === 1 ? lists(rows) : tables(runs, rows);
}

/** One run: a list for each group of options. */
function lists(rows: readonly OptionRow[]): Html {
  const groups = Map.groupBy(rows, ({ name }) => name.includes(".") ? name.split(".")[0] : "");
  return html`
    <div class="options">
    ${[...groups].map(([group, own]) =>
      html`
        <div class="card">
          <h3>${group === "" ? "Run" : group[0].toUpperCase() + group.slice(1)}</h3>
          <dl>${own.map(({ name, values: [value] }) =>
            html`
              <div>
                <dt><code>${group === "" ? name : name.slice(group.length + 1)}</code></dt>
                <dd>${value || "–"}</dd>
              </div>
            `
          )}</dl>
        </div>
      `
    )}</div>
  `;
}

/** Several runs: a column for each. */
function tables(runs: readonly ReportRun[], rows: readonly OptionRow[]): Html {
  const different = rows.filter(({ differs }) => differs);
  const same = rows.filter(({ differs }) => !differs);
  return html`
    <p>${different.length === 0
      ? `The runs have the same ${rows.length} options.`
      : `The runs differ in ${different.length} of ${rows.length} options.`}</p>
    ${different.length > 0 &&
      html`
        <div class="scroll card" tabindex="0" role="region" aria-label="Options that differ">
          <table class="differing">
            <thead>
              <tr><th scope="col">Option</th>${runs.map(({ name }, i) =>
                html`<th scope="col"><i class="swatch run-${i}"></i>${name}</th>`
              )}</tr>
            </thead>
            <tbody>${different.map(({ name, values }) =>
              html`
                <tr
                  class="differs"><th scope="row"><span class="sign" title="differs">≠</span> <code>${name}</code></th>${values
                    .map((value) => html`<td>${value ?? "not an option"}</td>`)}</tr>
              `
            )}</tbody>
          </table>
        </div>
      `}
    <details class="card">
      <summary>The ${same.length} options that are the same</summary>
      <div class="options">${same.map(({ name, values: [value] }) =>
        html`
          <dl>
            <div>
              <dt><code>${name}</code></dt>
              <dd>${value || "–"}</dd>
            </div>
          </dl>
        `
      )}</div>
    </details>
  `;
}

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

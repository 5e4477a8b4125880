/**
 * A run as events: what TensorBoard shows is made from the files of the run, and from nothing else.
 *
 * @module
 */
import type { MetricsRecord } from "../run/metrics.ts";
import type { Results } from "../run/results.ts";
import type { Event, Summary } from "./event.ts";
import { type Options, optionText, sessionStart } from "./hparams.ts";

/** What every file begins with: the options, as a table and for the hyperparameters plugin. */
export function openingEvents(options: Options, wallTime: number): Event[] {
  const at = { wallTime, step: 0 };
  return [
    { ...at, what: "version" },
    { ...at, what: "start" },
    { ...at, what: [{ tag: "configuration", markdown: optionsTable(options) }] },
    { ...at, what: [sessionStart(options, wallTime)] },
  ];
}

function optionsTable(options: Options): string {
  const rows = Object.entries(options).map(([name, value]) => `| ${name} | ${cell(value)} |`);
  return ["| option | value |", "| --- | --- |", ...rows].join("\n");
}

/** A value as text of Markdown that is in no way marked up. */
function cell(value: unknown): string {
  return optionText(value).replace(/[\\`*<>|&]|\n/g, (char) => `&#${char.charCodeAt(0)};`);
}

/**
 * A line of the metrics log: every number in it, under `train/` where the line is of steps and under
 * `eval/` where it is of an evaluation. A line without a time, of a log of an older version, is said
 * to be of `otherwise`.
 */
export function recordEvent(record: MetricsRecord, otherwise: number): Event {
  const { step, time, ...fields } = record;
  const written = typeof time === "string" ? Date.parse(time) / 1000 : NaN;
  const group = "loss" in fields ? "train" : "eval";
  return {
    wallTime: Number.isFinite(written) ? written : otherwise,
    step,
    what: Object.entries(fields).flatMap(([name, scalar]) =>
      typeof scalar === "number" ? [{ tag: `${group}/${name}`, scalar }] : []
    ),
  };
}

/** What the probes found: `test/linear_top1`, and beside it `untrained/…` and `pixels/…`. */
export function resultSummaries({ trained, untrained, pixels }: Results): Summary[] {
  const groups = { test: trained, untrained: untrained ?? {}, pixels: pixels ?? {} };
  return Object.entries(groups).flatMap(([group, scores]) =>
    Object.entries(scores).flatMap(([probe, { top1, top5 }]) => [
      { tag: `${group}/${probe}_top1`, scalar: top1 },
      { tag: `${group}/${probe}_top5`, scalar: top5 },
    ])
  );
}

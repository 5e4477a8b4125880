import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse, View } from "vega";
import { curve, curveLines, curves } from "../../../lib/report/curves.ts";
import { FIELDS } from "../../../lib/report/fields.ts";
import { liveSpec, pageSvg } from "../../../lib/report/figure.ts";
import type { RunData } from "../../../lib/report/report_run.ts";
import type { MetricsRecord } from "../../../lib/run/metrics.ts";

const run = (name: string, metrics: readonly MetricsRecord[]): RunData => ({
  name,
  path: name,
  config: {},
  layer: { source: name, values: {}, text: false },
  metrics,
});

/** The lines of a drawing: the points that each goes through. */
function lines(svg: string): number[] {
  return [...svg.matchAll(/aria-roledescription="line mark"[^>]* d="([^"]*)"/g)]
    .map(([, path]) => path.split(/[ML]/).length - 1);
}

Deno.test("a field, and a run, may have the name of what every object inherits", async () => {
  const names = [...Object.getOwnPropertyNames(Object.prototype), "prototype", "datum"];
  const line = (step: number) =>
    JSON.parse(`{"step":${step},${names.map((name) => `"${name}":${step}`).join()}}`);
  const found = curves([run("a", [line(1), line(2)])]);
  assertEquals(found.map(({ field }) => field), [...names].sort());
  for (const { field, spec } of found) {
    assertStringIncludes(await pageSvg(spec), field.replaceAll("_", " "));
    assertEquals(lines(await pageSvg(spec, true)), [2]);
  }
  const runs = ["constructor", "toString"];
  const [both] = curves(
    runs.map((name) => run(name, [{ step: 1, loss: 1 }, { step: 2, loss: 2 }])),
  );
  assertEquals(lines(await pageSvg(both.spec)), [2, 2]);
  // As the page of the dashboard draws it, which puts in the points.
  const live = curve("constructor", runs, [], false).spec;
  const view = new View(parse(await liveSpec({ ...live, title: undefined })), { renderer: "none" });
  view.data("points", runs.map((run) => ({ run, step: 1, value: 1 })));
  assertEquals(lines(await view.toSVG()), [1, 1]);
});

Deno.test("each field with a number has a figure, the known ones first", () => {
  const found = curves([
    run("a", [
      { step: 1, epoch: 1, loss: 3, zeta: 1, seconds: 1, note: "x", rankme: NaN },
      { step: 2, epoch: 1, knn_top1: 50, knn_top5: 90 },
    ]),
    run("b", [{ step: 1, loss: 4, clamp_rate: 0.25, "β rate": 1 }]),
    run("c", []),
  ]);
  assertEquals(found.map(({ field }) => field), [
    "loss",
    "knn_top1",
    "clamp_rate",
    "zeta",
    "β rate",
  ]);
  assertEquals(found.map(({ id }) => id).at(-1), "%CE%B2%20rate");
  assertEquals(found.map(({ title }) => title).at(-1), "β rate");
  assertEquals(curves([]), []);
});

Deno.test("the words of a figure have each run's first and last value", () => {
  const [loss, rate] = curves([
    run("a", [{ step: 10, loss: 3.14159 }, { step: 20, loss: 2, clamp_rate: 0.125 }]),
    run("b", [{ step: 5, loss: 1 }]),
  ]);
  assertEquals(
    loss.alt,
    "Loss, over steps: a from 3.142 at step 10 to 2 at step 20; b from 1 at step 5 to 1 at step 5.",
  );
  assertEquals(
    rate.alt,
    "Clamped rows, over steps: a from 12.5 % at step 20 to 12.5 % at step 20.",
  );
});

Deno.test("a line goes through every point of few, and through the extremes of many", async () => {
  const metrics = Array.from({ length: 30 }, (_, i) => ({ step: 10 * (i + 1), loss: 1 / (i + 1) }));
  const [few] = curves([
    run("a", metrics),
    run("b", metrics.slice(0, 7)),
    run("c", [{ step: 1, loss: 1 }]),
  ]);
  assertEquals(lines(await pageSvg(few.spec)), [30, 7, 1]);
  const peak = 6543;
  const many = Array.from(
    { length: 9000 },
    (_, step) => ({ step, loss: step === peak ? 9 : step % 2 }),
  );
  const [envelope] = curves([run("a", many)]);
  const svg = await pageSvg(envelope.spec);
  const [points] = lines(svg);
  assertEquals(points > 300 && points <= 800, true, `${points} points`);
  // The one high value is still there.
  assertStringIncludes(svg, "Y-axis for a linear scale with values from 0 to 9");
});

Deno.test("runs have colors, then dashes; a legend where there is more than one", async () => {
  const names = Array.from({ length: 14 }, (_, i) => `run ${i}`);
  const looks = curveLines(names).map(({ color, dash }) => `${color} ${dash}`);
  assertEquals(new Set(looks).size, 14);
  const of = async (count: number) => {
    const [loss] = curves(names.slice(0, count).map((name) => run(name, [{ step: 1, loss: 1 }])));
    return (await pageSvg(loss.spec)).includes(">run 0<");
  };
  assertEquals([await of(1), await of(2)], [false, true]);
});

Deno.test("every field that is known has a caption, and its unit in docs/run-folder.md", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/run-folder.md", import.meta.url));
  const rows = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) +\|.*\|.*\|$/gm)].map(([, keys]) => keys);
  for (const [name, { caption }] of Object.entries(FIELDS)) {
    assert(caption, name);
    assert(rows.some((keys) => keys.includes(`\`${name}\``)), `${name} has no row`);
  }
});

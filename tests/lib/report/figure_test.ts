import { assertEquals, assertStringIncludes } from "@std/assert";
import { figure, lineCharts } from "../../../lib/report/figure.ts";

Deno.test("charts of lines share colors and have their titles, axes and points", async () => {
  const point = (x: number, series: string) => ({ x, y: 2 * x, series });
  const charts = [
    { title: "Time", x: "pairs", y: "ms", points: [point(16, "ours"), point(64, "ours")] },
    { title: "Memory", x: "pairs", y: "MiB", points: [point(16, "stock"), point(64, "ours")] },
  ];
  const svg = await figure([lineCharts(charts)], "a machine");
  for (const text of ["Time", "Memory", "MiB", "ours", "stock", "a machine"]) {
    assertStringIncludes(svg, `>${text}<`);
  }
  assertEquals(svg.match(/aria-roledescription="point"/g)?.length, 4);
  assertEquals(svg.startsWith("<svg"), true);
});

Deno.test("charts are placed in their rows, below all lines of the text", async () => {
  const row = lineCharts([{ title: "t", x: "x", y: "y", points: [{ x: 1, y: 1, series: "s" }] }]);
  const height = (svg: string) => Number(/height="(\d+)"/.exec(svg)?.[1]);
  const one = await figure([row], ["one", "two"]);
  assertStringIncludes(one, "two");
  assertEquals(height(await figure([row, row], ["one", "two"])) > height(one) + 260, true);
});

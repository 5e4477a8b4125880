import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { draw, picture, svgFile } from "../../../lib/report/figure.ts";
import { classColor, mapFigure } from "../../../lib/report/map.ts";
import { confusionFigure, perClassFigure } from "../../../lib/report/probe_figures.ts";
import type { TestImages } from "../../../lib/report/test_images.ts";

const result = {
  top1: 62.5,
  top5: 100,
  classes: ["cat", "dog", "<none>"],
  perClass: { cat: 75, dog: 50, "<none>": null },
  confusion: [[3, 1, 0], [2, 2, 0], [0, 0, 0]],
};

const images: TestImages = {
  indices: Int32Array.of(4, 9, 11),
  labels: Int32Array.of(1, 0, -1),
  classes: ["cat", "dog"],
  total: 12,
  sheet: { uri: "data:,", count: 3, columns: 2, rows: 2, width: 1, height: 1 },
  neighbors: [],
  positions: [[0, 0], [1, 2], [3, 3]],
};

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

Deno.test("a confusion matrix has a cell for each pair of classes, and says the worst", async () => {
  const figure = confusionFigure("confusion", "a run", result);
  assertStringIncludes(figure.alt, "62.50 % right. Most often confused: dog as cat (50 %), ");
  const { svg } = await draw(figure);
  assertEquals(count(svg, /aria-roledescription="rect mark"/g), 9);
  for (const text of ["true class", "predicted class", "&lt;none&gt;"]) {
    assertStringIncludes(svg, `>${text}<`);
  }
});

Deno.test("a matrix of many classes has no counts", async () => {
  const names = Array.from({ length: 50 }, (_, i) => `class ${i}`);
  const { svg } = await draw(confusionFigure("confusion", "a run", {
    ...result,
    classes: names,
    perClass: Object.fromEntries(names.map((name) => [name, 50])),
    confusion: names.map((_, i) => names.map((_, j) => Number(i === j))),
  }));
  assertEquals(count(svg, /aria-roledescription="text mark"/g), 0);
  assertEquals(count(svg, />class 7</g), 0);
});

Deno.test("bars by class stand side by side for runs, and leave out classes without images", async () => {
  const other = { ...result, perClass: { ...result.perClass, cat: 25 } };
  const figure = perClassFigure("per-class", [
    { name: "a", result },
    { name: "b", result: other },
  ]);
  assertStringIncludes(figure.alt, "a: 62.50 % of all; lowest dog 50.0 %, highest cat 75.0 %");
  assertStringIncludes(figure.alt, "b: 62.50 % of all; lowest cat 25.0 %, highest dog 50.0 %");
  const { svg, bare } = await draw(figure);
  assertEquals(count(svg, /aria-roledescription="bar"/g), 4);
  // A page has the title and the key of the colors itself.
  const words = /Accuracy by class<|class="mark-symbol role-legend-symbol"/g;
  assertEquals([count(svg, words) > 1, count(bare, words)], [true, 0]);
});

Deno.test("a map has a point for each image, in order, and the names of the classes", async () => {
  const figure = mapFigure("map", "a run", images);
  assertEquals(
    figure.alt,
    "Map of 3 of 12 test images by the features of a run, 2 classes: cat, dog.",
  );
  const { svg } = await draw(figure);
  const marks = /<g class="mark-symbol[^>]*>(.*?)<\/g>/s.exec(svg)?.[1] ?? "";
  const fills = [...marks.matchAll(/fill="([^"]+)"/g)].map(([, fill]) => fill);
  assertEquals(fills, [classColor(1), classColor(0), classColor(-1)]);
  assert(count(svg, />dog</g) > 0);
});

Deno.test("a drawing is one image for a screen reader, and a file says what it shows", async () => {
  const drawing = await draw({ ...mapFigure("map", "a run", images), alt: 'a "map" <b>' });
  const alt = "a &quot;map&quot; &lt;b&gt;";
  assert(picture(drawing).markup.startsWith(`<svg role="img" aria-label="${alt}" `));
  const file = svgFile(drawing);
  assertStringIncludes(file, `<desc>${alt}</desc>`);
  assertStringIncludes(file, 'xmlns="http://www.w3.org/2000/svg"');
});

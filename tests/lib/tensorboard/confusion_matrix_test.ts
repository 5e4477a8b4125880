import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import sharp from "sharp";
import { figure } from "../../../lib/report/figure.ts";
import { confusionMatrix, confusionMatrixPng } from "../../../lib/tensorboard/confusion_matrix.ts";

const square = (n: number, diagonal: number) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => i === j ? diagonal : 0));

Deno.test("a matrix names every class on both axes, and has the counts that are not 0", async () => {
  const svg = await figure([[
    confusionMatrix(["cat", "10", "2"], [[7, 0, 1], [0, 9, 0], [0, 0, 4]]),
  ]], "t");
  for (const name of ["cat", "10", "2"]) {
    assertEquals(svg.match(new RegExp(`>${name}<`, "g"))?.length, 2);
  }
  for (const count of [7, 1, 9, 4]) assertStringIncludes(svg, `>${count}</text>`);
  assertEquals(svg.includes(">0</text>"), false);
  // In the order they were given, not in that of the alphabet.
  assert(svg.indexOf(">cat<") < svg.indexOf(">10<") && svg.indexOf(">10<") < svg.indexOf(">2<"));
});

Deno.test("a cell is the darker the larger its share of the true class", async () => {
  const svg = await figure([[confusionMatrix(["a", "b"], [[3, 1], [0, 0]])]], "t");
  const fills = [...svg.matchAll(/aria-roledescription="rect mark"[^>]*fill="rgb\((\d+),/g)];
  assertEquals(fills.map(([, red]) => Number(red)).map((red) => red < 255), [
    true,
    true,
    false,
    false,
  ]);
  assert(Number(fills[0][1]) < Number(fills[1][1]));
});

Deno.test("the picture is of a size that can be looked at, whatever the number of classes", async () => {
  for (const n of [2, 20, 100, 300]) {
    const names = Array.from({ length: n }, (_, i) => `class ${i}`);
    const { png, width, height } = await confusionMatrixPng("linear", names, square(n, 5));
    const metadata = await sharp(png).metadata();
    assertEquals([metadata.width, metadata.height, metadata.channels], [width, height, 3]);
    assert(width > 150 && width < 3000 && height < 3000, `${width}×${height} for ${n} classes`);
  }
});

import { assert, assertEquals } from "@std/assert";
import sharp from "sharp";
import { confusionFigure } from "../../../lib/report/probe_figures.ts";
import { chartPng } from "../../../lib/tensorboard/event_file.ts";

/** The confusion matrix of so many classes, none of which is confused. */
function matrix(classes: number) {
  const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
  const confusion = names.map((_, i) => names.map((_, j) => i === j ? 5 : 0));
  const perClass = Object.fromEntries(names.map((name) => [name, 100]));
  const result = { top1: 100, top5: 100, classes: names, perClass, confusion };
  return confusionFigure("id", "run", result).spec;
}

Deno.test("a confusion matrix is a picture of a size that can be looked at", async () => {
  for (const classes of [2, 40]) {
    const { png, width, height } = await chartPng(matrix(classes), "linear");
    const metadata = await sharp(png).metadata();
    assertEquals([metadata.format, metadata.channels], ["png", 3]);
    assertEquals([metadata.width, metadata.height], [width, height]);
    assert(width > 150 && width < 2000 && height < 2000, `${width}×${height}: ${classes} classes`);
  }
});

Deno.test("the picture is on white, its words are black and its cells colored", async () => {
  const { png } = await chartPng(matrix(3), "linear");
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const has = (is: (r: number, g: number, b: number) => boolean) => {
    for (let i = 0; i < data.length; i += info.channels) {
      if (is(data[i], data[i + 1], data[i + 2])) return true;
    }
    return false;
  };
  assertEquals([...data.subarray(0, 3)], [255, 255, 255]);
  assert(has((r, g, b) => r < 50 && g < 50 && b < 50), "words");
  assert(has((r, g, b) => Math.max(r, g, b) - Math.min(r, g, b) > 80), "cells");
});

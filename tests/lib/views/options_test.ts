import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { z } from "zod";
import { viewOptions } from "../../../lib/views/options.ts";

Deno.test("the defaults are the reference recipe", () => {
  assertEquals(viewOptions.parse({}), {
    cropSize: 32,
    cropScaleMin: 0.08,
    cropScaleMax: 1,
    cropRatioMin: 0.75,
    cropRatioMax: 4 / 3,
    flip: 0.5,
    jitter: 0.8,
    brightness: 0.4,
    contrast: 0.4,
    saturation: 0.4,
    hue: 0.1,
    grayscale: 0.2,
    blur: 0.5,
    blurKernel: 0,
    blurSigmaMin: 0.1,
    blurSigmaMax: 2,
  });
});

Deno.test("viewOptions stays an object schema whose every option is described", () => {
  assertInstanceOf(viewOptions, z.ZodObject);
  for (const [name, schema] of Object.entries(viewOptions.shape)) {
    assert(schema.description, name);
  }
});

Deno.test("options out of range are refused by the name of the option", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ cropSize: 0 }, "cropSize"],
    [{ cropSize: 31.5 }, "cropSize"],
    [{ cropScaleMin: 0 }, "cropScaleMin"],
    [{ cropScaleMax: 1.5 }, "cropScaleMax"],
    [{ cropScaleMin: 0.5, cropScaleMax: 0.4 }, "cropScaleMin"],
    [{ cropRatioMin: 2 }, "cropRatioMin"],
    [{ cropRatioMax: Infinity }, "cropRatioMax"],
    [{ flip: 1.1 }, "flip"],
    [{ jitter: -0.1 }, "jitter"],
    [{ brightness: -1 }, "brightness"],
    [{ hue: 0.6 }, "hue"],
    [{ grayscale: NaN }, "grayscale"],
    [{ blurKernel: 4 }, "blurKernel"],
    [{ blurKernel: -1 }, "blurKernel"],
    [{ blurSigmaMin: 0 }, "blurSigmaMin"],
    [{ blurSigmaMin: 3 }, "blurSigmaMin"],
  ];
  for (const [options, name] of cases) {
    const issues = viewOptions.safeParse(options).error?.issues.map((issue) => issue.path[0]);
    assertEquals(issues, [name], JSON.stringify(options));
  }
  assert(!viewOptions.safeParse({ cropsize: 32 }).success);
});

import { assert, assertEquals } from "@std/assert";
import { rng } from "../../../lib/random.ts";
import { cropPlace, cropRule, cropSides } from "../../../lib/views/crop_box.ts";
import { viewOptions } from "../../../lib/views/options.ts";

Deno.test("the sides of a crop are the rounded roots of the area times and by the ratio", () => {
  const options = viewOptions.parse({ cropScaleMin: 0.01, cropRatioMin: 0.2, cropRatioMax: 7 });
  const random = rng(1);
  for (const [height, width] of [[96, 96], [28, 301], [20000, 3], [1, 1]]) {
    const rule = cropRule(height, width, options);
    for (let i = 0; i < 2000; i++) {
      const [area, ratio] = [random.int(2 ** 24), random.int(2 ** 24)];
      const size = height * width * (0.01 + 0.99 * area / 2 ** 24);
      const r = 0.2 * 35 ** (ratio / 2 ** 24);
      const exact = [Math.sqrt(size / r), Math.sqrt(size * r)];
      cropSides(rule, area, ratio).forEach((side, axis) =>
        assert(Math.abs(side - exact[axis]) <= 0.5 + 1e-6 * exact[axis], `${side} ${exact[axis]}`)
      );
    }
  }
});

Deno.test("the whole image and the smallest share are drawn at the ends of the range", () => {
  const whole = cropRule(97, 97, viewOptions.parse({ cropScaleMin: 1, cropRatioMin: 1 }));
  assertEquals(cropSides(whole, 0, 0), [97, 97]);
  assertEquals(cropSides(whole, 2 ** 24 - 1, 0), [97, 97]);
  const tiny = cropRule(97, 97, viewOptions.parse({ cropScaleMin: 1e-12, cropRatioMin: 1 }));
  assertEquals(cropSides(tiny, 0, 0), [0, 0]);
  assertEquals(cropSides(tiny, 2 ** 24 - 1, 0), [97, 97]);
  const extreme = cropRule(97, 97, viewOptions.parse({ cropRatioMin: 1e-30, cropRatioMax: 1e30 }));
  assertEquals(cropSides(extreme, 2 ** 24 - 1, 0)[1], 0);
});

Deno.test("a place is the floor of the draw times the room", () => {
  const random = rng(2);
  for (const room of [1, 2, 97, 32768]) {
    assertEquals(cropPlace(2 ** 24 - 1, room), room - 1);
    for (let i = 0; i < 100; i++) {
      const draw = random.int(2 ** 24);
      assertEquals(cropPlace(draw, room), Math.floor(draw / 2 ** 24 * room));
    }
  }
});

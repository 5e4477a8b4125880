import { assertEquals, assertThrows } from "@std/assert";
import sharp from "sharp";
import { UsageError } from "../../../lib/errors.ts";
import { checkDrawable, type SpriteSheet, spriteSheet } from "../../../lib/report/sprite_sheet.ts";
import { spriteStyle } from "../../../lib/report/sprite_sheet.ts";
import { rng } from "../../../lib/random.ts";

async function pixels({ uri }: SpriteSheet, channels: number) {
  const bytes = Uint8Array.fromBase64(uri.replace("data:image/webp;base64,", ""));
  const { data, info } = await sharp(bytes).toColourspace(channels === 1 ? "b-w" : "srgb").raw()
    .toBuffer({ resolveWithObject: true });
  assertEquals(info.channels, channels);
  return { data, width: info.width };
}

for (const channels of [1, 3]) {
  Deno.test(`small images of ${channels} channels are in their sheet to the pixel`, async () => {
    const random = rng(3, channels);
    const [height, width, count] = [5, 4, 7];
    const size = height * width * channels;
    const images = Uint8Array.from({ length: count * size }, () => random.int(256));
    const sheet = await spriteSheet(images, [height, width, channels], 8);
    assertEquals([sheet.columns, sheet.rows, sheet.width, sheet.height], [3, 3, 4, 5]);
    const { data, width: stride } = await pixels(sheet, channels);
    for (let i = 0; i < count; i++) {
      for (let at = 0; at < size; at++) {
        const [y, x] = [Math.floor(at / (width * channels)), at % (width * channels)];
        const top = Math.floor(i / 3) * height + y;
        const left = (i % 3) * width * channels + x;
        assertEquals(data[top * stride * channels + left], images[i * size + at], `${i}, ${at}`);
      }
    }
  });
}

Deno.test("large images are made smaller and keep their proportions", async () => {
  const images = new Uint8Array(2 * 90 * 60).fill(0, 0, 5400).fill(200, 5400);
  const sheet = await spriteSheet(images, [90, 60, 1], 30);
  assertEquals([sheet.height, sheet.width, sheet.columns, sheet.rows], [30, 20, 2, 1]);
  const { data } = await pixels(sheet, 1);
  assertEquals([data[0], data[39]], [0, 200]);
});

Deno.test("a sprite's place is a share of the sheet", () => {
  assertEquals(spriteStyle(4, { columns: 3, rows: 3 }), "background-position:50% 50%");
  assertEquals(spriteStyle(0, { columns: 1, rows: 1 }), "background-position:0% 0%");
});

Deno.test("what is no gray or RGB image cannot be drawn", () => {
  checkDrawable([8, 8, 3]);
  assertThrows(() => checkDrawable([16]), UsageError, 'got "[16]"');
  assertThrows(() => checkDrawable([8, 8, 2]), UsageError);
});

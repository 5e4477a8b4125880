import { assert, assertEquals, assertRejects } from "@std/assert";
import sharp, { type Sharp } from "sharp";
import { decodeImage } from "../../../lib/data/decode_image.ts";
import { DataError } from "../../../lib/errors.ts";

async function decode(bytes: Uint8Array, size = 4): Promise<number[][]> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    const data = await decodeImage(path, size);
    assertEquals(data.length, size * size * 3);
    return Array.from({ length: size * size }, (_, i) => [...data.subarray(3 * i, 3 * i + 3)]);
  } finally {
    await Deno.remove(path);
  }
}

/** An image whose left half is red and whose right half is blue. */
function halves(width: number, height: number): Sharp {
  const pixels = Array.from({ length: width * height }, (_, i) => {
    return i % width < width / 2 ? [255, 0, 0] : [0, 0, 255];
  });
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width, height, channels: 3 } });
}

function assertNear(actual: number[], expected: number[], within: number): void {
  assert(actual.every((x, i) => Math.abs(x - expected[i]) <= within), `${actual} for ${expected}`);
}

Deno.test("an image is decoded to rows of RGB pixels", async () => {
  const pixels = await decode(await halves(4, 4).png().toBuffer());
  const row = [[255, 0, 0], [255, 0, 0], [0, 0, 255], [0, 0, 255]];
  assertEquals(pixels, [...row, ...row, ...row, ...row]);
});

Deno.test("the shorter side is resized and the center cut out", async () => {
  // Green on the left and right quarters of a wide image, which the crop removes.
  const green = { r: 0, g: 255, b: 0 };
  const wide = await halves(8, 8).extend({ left: 8, right: 8, background: green }).png().toBuffer();
  const pixels = await decode(wide);
  assertNear(pixels[0], [255, 0, 0], 40);
  assertNear(pixels[3], [0, 0, 255], 40);
  const tall = await sharp(wide).rotate(90).png().toBuffer();
  assertNear((await decode(tall))[0], [255, 0, 0], 40);
  assertNear((await decode(tall))[15], [0, 0, 255], 40);
});

Deno.test("a small image is enlarged", async () => {
  assertNear((await decode(await halves(2, 2).png().toBuffer(), 8))[0], [255, 0, 0], 30);
});

Deno.test("an image is turned upright by its EXIF orientation", async () => {
  // Orientation 6: turn by 90° clockwise, so that the left half is on top.
  const turned = await halves(16, 16).jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
    .withMetadata({ orientation: 6 }).toBuffer();
  const pixels = await decode(turned, 16);
  assertNear(pixels[15], [255, 0, 0], 12);
  assertNear(pixels[240], [0, 0, 255], 12);
});

Deno.test("gray, transparent, 16-bit, palette and CMYK images become 8-bit RGB", async () => {
  const size = { width: 8, height: 8 };
  const background = { r: 200, g: 100, b: 50 };
  const rgb = () => sharp({ create: { ...size, channels: 3, background } });
  const deep = (channels: 1 | 3) =>
    sharp(new Uint16Array(64 * channels).fill(100 * 257), { raw: { ...size, channels } });
  const clear = {
    create: { ...size, channels: 4 as const, background: { ...background, alpha: 0.5 } },
  };
  const gray = (alpha: number) =>
    sharp({ create: { ...size, channels: 4, background: { r: 100, g: 100, b: 100, alpha } } });
  const cases: [string, Sharp, number[], number][] = [
    ["gray", gray(1).grayscale().removeAlpha().png(), [100, 100, 100], 1],
    ["gray with alpha", gray(0.5).grayscale().png(), [50, 50, 50], 1],
    ["RGBA on black", sharp(clear).png(), [100, 50, 25], 1],
    ["16-bit gray", deep(1).toColourspace("grey16").png(), [100, 100, 100], 0],
    ["16-bit RGB", deep(3).toColourspace("rgb16").png(), [100, 100, 100], 0],
    ["palette", rgb().png({ palette: true }), [200, 100, 50], 1],
    ["CMYK", rgb().toColourspace("cmyk").jpeg({ quality: 100 }), [200, 100, 50], 40],
    ["GIF", rgb().gif(), [200, 100, 50], 1],
    ["WebP", rgb().webp({ lossless: true }), [200, 100, 50], 0],
  ];
  for (const [name, image, expected, within] of cases) {
    const pixels = await decode(await image.toBuffer());
    assert(pixels.every((p) => p.length === 3), name);
    assertNear(pixels[5], expected, within);
  }
});

Deno.test("a truncated image is refused by name, in every format", async () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919 * (i >> 5)) & 255);
  const image = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
  for (const format of ["jpeg", "png", "webp", "tiff", "gif"] as const) {
    const bytes = await image.clone().toFormat(format).toBuffer();
    await decode(bytes);
    for (const share of [0, 0.1, 0.5, 0.95]) {
      const part = bytes.subarray(0, Math.floor(share * bytes.length));
      const error = await assertRejects(() => decode(part), DataError);
      assert(/^Cannot read \S+: it must be a whole image/.test(error.message), error.message);
    }
  }
});

Deno.test("a missing image is a DataError that names it", async () => {
  const error = await assertRejects(() => decodeImage("no/such.png", 4), DataError);
  assert(error.message.startsWith("Cannot read no/such.png"), error.message);
});

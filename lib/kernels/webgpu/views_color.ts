/**
 * The color operations and the blur of views in WGSL, as in `lib/views/augment.ts` and `blur.ts`. A pixel
 * is a `Pixel` of `CHANNELS` floats (1 to 4); a view has `SIZE` × `SIZE` pixels.
 *
 * @module
 */
import { range } from "./tiles.ts";
import { OPERATIONS } from "./views_draw.ts";

/** The channels of a `Pixel`, by their number. */
export const AXES: readonly (readonly string[])[] = [
  [""],
  [".x", ".y"],
  [".x", ".y", ".z"],
  [".x", ".y", ".z", ".w"],
];

/** The type of a `Pixel`, by the number of channels. */
export const PIXEL: readonly string[] = ["f32", "vec2f", "vec3f", "vec4f"];

const TURNED = /* wgsl */ `
fn turned(p: Pixel, turns: f32) -> Pixel {
  let value = max(p.x, max(p.y, p.z));
  let chroma = value - min(p.x, min(p.y, p.z));
  // The hue in sixths of a turn, by one division.
  var side = vec2f(p.x - p.y, 4.0);
  side = select(side, vec2f(p.z - p.x, 2.0), value == p.y);
  side = select(side, vec2f(p.y - p.z, 0.0), value == p.x);
  let h = side.x / select(chroma, 1.0, chroma == 0.0) + side.y;
  var k = Pixel(5.0, 3.0, 1.0) + h + 6.0 * turns;
  k -= 6.0 * floor(k * (1.0 / 6.0));
  return value - chroma * clamp(min(k, 4.0 - k), Pixel(0.0), Pixel(1.0));
}
`;

const GRAY_STAGE = /* wgsl */ `
alias Stage = Blend;

fn stage(begin: u32, end: u32) -> Stage {
  return blend(BRIGHTNESS, begin <= placeOf(BRIGHTNESS) && placeOf(BRIGHTNESS) < end);
}

fn adjusted(p: Pixel, stage: Stage) -> Pixel { return blended(p, stage, 0.0); }
`;

const COLOR_STAGE = /* wgsl */ `
${TURNED}
// Brightness and saturation as they are in the order, before and after the hue.
struct Stage { first: Blend, second: Blend, hue: bool, third: Blend, fourth: Blend }

fn stage(begin: u32, end: u32) -> Stage {
  let operations = select(
    vec2u(SATURATION, BRIGHTNESS), vec2u(BRIGHTNESS, SATURATION),
    placeOf(BRIGHTNESS) < placeOf(SATURATION));
  let places = vec2u(placeOf(operations.x), placeOf(operations.y));
  let hue = placeOf(HUE);
  let here = (places >= vec2u(begin)) & (places < vec2u(end));
  let before = here & (places < vec2u(hue));
  let after = here & (places > vec2u(hue));
  return Stage(
    blend(operations.x, before.x), blend(operations.y, before.y),
    begin <= hue && hue < end,
    blend(operations.x, after.x), blend(operations.y, after.y));
}

fn adjusted(pixel: Pixel, stage: Stage) -> Pixel {
  var p = blended(blended(pixel, stage.first, 0.0), stage.second, 0.0);
  p = select(p, turned(p, d.hue), stage.hue);
  return blended(blended(p, stage.third, 0.0), stage.fourth, 0.0);
}
`;

/**
 * WGSL of these functions:
 *
 * - `gray(p)`;
 * - `blended(p, blend, mean)`: one operation of the jitter `d` other than the hue, a blend with the
 *   pixel's own gray, with the `mean` of the gray image, or with black;
 * - `adjusted(p, stage)`: the operations of a `stage(begin, end)`, which are those at `begin` …
 *   `end` − 1 of the order, without the contrast.
 *
 * There are no branches or loops; an operation that does not apply changes nothing. A software adapter
 * computes both sides of a branch, and a loop costs more than the operations it would skip.
 */
export const colorWgsl = (channels: number): string => /* wgsl */ `
${OPERATIONS.map((name, k) => `const ${name.toUpperCase()} = ${k}u;`).join(" ")}
struct Blend { factor: f32, own: f32, mean: f32 }

fn gray(p: Pixel) -> f32 {
  ${
  channels === 3
    ? "return 0.299 * p.x + 0.587 * p.y + 0.114 * p.z;"
    : `return (${AXES[channels - 1].map((axis) => "p" + axis).join(" + ")}) / ${channels}.0;`
}
}

fn blended(p: Pixel, blend: Blend, mean: f32) -> Pixel {
  let other = blend.own * gray(p) + blend.mean * mean;
  return clamp(blend.factor * p + other, Pixel(0.0), Pixel(1.0));
}

// Where an operation is in the order.
fn placeOf(operation: u32) -> u32 { return (d.places >> (2u * operation)) & 3u; }

fn blend(operation: u32, applies: bool) -> Blend {
  if (!applies) { return Blend(1.0, 0.0, 0.0); }
  if (operation == BRIGHTNESS) { return Blend(d.brightness, 0.0, 0.0); }
  if (operation == CONTRAST) { return Blend(d.contrast, 0.0, 1.0 - d.contrast); }
  return Blend(d.saturation, 1.0 - d.saturation, 0.0);
}
${channels === 3 ? COLOR_STAGE : GRAY_STAGE}
`;

/** The blur along a line of `SIZE` pixels, in place: a window of `kernel` ≤ 2·SIZE − 1 of them. */
export interface LineBlur {
  /** Text before the first pixel. */
  readonly begin: string;
  /** Text that takes the pixel `p` at `i` and sets `middle` to the blurred pixel at `i − radius` ≥ 0. */
  readonly push: string;
  /** Text after the last pixel: calls `write(i, value)` for the rest, with the border reflected. */
  end(write: (i: string, value: string) => string): string;
}

/** {@linkcode LineBlur} in WGSL. Lines that are blurred in the same text need different `name`s. */
export function lineBlur(kernel: number, name: string): LineBlur {
  const radius = (kernel - 1) / 2;
  const taps = range(kernel);
  const r = taps.map((k) => `${name}${k}`);
  const shift = taps.slice(1).map((k) => `${r[k - 1]} = ${r[k]};`).join(" ");
  const middle = taps.map((k) => `w${Math.abs(k - radius)} * ${r[k]}`).join(" + ");
  // At pixel number `radius` the window is whole but for what lies before the border.
  const reflect = taps.slice(0, radius).map((k) => `${r[k]} = ${r[kernel - 1 - k]};`).join(" ");
  return {
    begin: r.map((pixel) => `var ${pixel} = Pixel(0.0);`).join(" "),
    push: `${shift} ${r[kernel - 1]} = p;
      if (i == ${radius}u) { ${reflect} }
      let middle = ${middle};`,
    end: (write) =>
      taps.slice(1, radius + 1).map((e) =>
        `${shift} ${r[kernel - 1]} = ${r[kernel - 1 - 2 * e]}; ${
          write(`${e - 1 - radius} + i32(SIZE)`, middle)
        }`
      ).join("\n    "),
  };
}

/** WGSL of the weights of {@linkcode lineBlur}, `w0` in the middle, of standard deviation `sigma`. */
export function blurWeights(kernel: number, sigma: string): string {
  const sides = range((kernel + 1) / 2);
  const total = sides.map((i) => i === 0 ? "e0" : `2.0 * e${i}`).join(" + ");
  return [
    ...sides.map((i) => `let e${i} = exp(${-(i * i)}.0 / (2.0 * ${sigma} * ${sigma}));`),
    `let total = ${total};`,
    ...sides.map((i) => `let w${i} = e${i} / total;`),
  ].join("\n  ");
}

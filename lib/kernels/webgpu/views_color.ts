/**
 * The colour operations and the blur of views in WGSL: `lib/views/color.ts` and `blur.ts`. A pixel is
 * a `Pixel` of `CHANNELS` floats (1 to 4); a view has `SIZE` × `SIZE` of them.
 *
 * @module
 */

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
  let by = select(chroma, 1.0, chroma == 0.0);
  var h = 4.0 + (p.x - p.y) / by;
  h = select(h, 2.0 + (p.z - p.x) / by, value == p.y);
  h = select(h, (p.y - p.z) / by, value == p.x);
  var k = Pixel(5.0, 3.0, 1.0) + h + 6.0 * turns;
  k -= 6.0 * floor(k / 6.0);
  return value - chroma * clamp(min(k, 4.0 - k), Pixel(0.0), Pixel(1.0));
}
`;

/**
 * `grey(p)`, and `adjusted(p, from, to, mean)`: operations `from` … `to` − 1 of the jitter `d`, where
 * `mean` is that of the grey image and `hueAt` the place of the hue in their order. All but the hue
 * are blends, with black, the mean or the pixel's own grey: without branches, as a software adapter
 * computes all of them.
 */
export const colorWgsl = (channels: number): string => /* wgsl */ `
fn grey(p: Pixel) -> f32 {
  ${
  channels === 3
    ? "return 0.299 * p.x + 0.587 * p.y + 0.114 * p.z;"
    : `return (${AXES[channels - 1].map((axis) => "p" + axis).join(" + ")}) / ${channels}.0;`
}
}
${channels === 3 ? TURNED : ""}
fn blended(p: Pixel, k: u32, mean: f32) -> Pixel {
  let operation = (d.order >> (2u * k)) & 3u;
  let own = ${channels === 3 ? "d.saturation" : "1.0"};
  let factor = select(select(own, d.contrast, operation == 1u), d.brightness, operation == 0u);
  let other = select(select(grey(p), mean, operation == 1u), 0.0, operation == 0u);
  return clamp(factor * p + (1.0 - factor) * other, Pixel(0.0), Pixel(1.0));
}

fn adjusted(pixel: Pixel, begin: u32, end: u32, mean: f32) -> Pixel {
  var p = pixel;
  for (var k = begin; k < min(end, hueAt); k++) { p = blended(p, k, mean); }
  ${channels === 3 ? "if (begin <= hueAt && hueAt < end) { p = turned(p, d.hue); }" : ""}
  for (var k = max(begin, hueAt + 1u); k < end; k++) { p = blended(p, k, mean); }
  return p;
}
`;

/** The blur along a line of `SIZE` pixels, in place: a window of `kernel` ≤ 2·SIZE − 1 of them. */
export interface LineBlur {
  /** Before the first pixel. */
  readonly begin: string;
  /** Takes the pixel `p` at `i`; then `middle` is the blurred one at `i − radius`, where that is ≥ 0. */
  readonly push: string;
  /** After the last pixel: \`write(i, value)\` for the others, the border reflected. */
  end(write: (i: string, value: string) => string): string;
}

/** {@linkcode LineBlur} in WGSL. */
export function lineBlur(kernel: number): LineBlur {
  const radius = (kernel - 1) / 2;
  const taps = Array.from({ length: kernel }, (_, k) => k);
  const shift = taps.slice(1).map((k) => `r${k - 1} = r${k};`).join(" ");
  const middle = taps.map((k) => `w${Math.abs(k - radius)} * r${k}`).join(" + ");
  // At pixel number \`radius\` the window is whole but for what lies before the border.
  const reflect = taps.slice(0, radius).map((k) => `r${k} = r${kernel - 1 - k};`).join(" ");
  return {
    begin: taps.map((k) => `var r${k} = Pixel(0.0);`).join(" "),
    push: `${shift} r${kernel - 1} = p;
      if (i == ${radius}u) { ${reflect} }
      let middle = ${middle};`,
    end: (write) =>
      taps.slice(1, radius + 1).map((e) =>
        `${shift} r${kernel - 1} = r${kernel - 1 - 2 * e}; ${
          write(`${e - 1 - radius} + i32(SIZE)`, middle)
        }`
      ).join("\n    "),
  };
}

/** The weights of {@linkcode lineBlur}, \`w0\` in the middle, of standard deviation \`sigma\`. */
export function blurWeights(kernel: number, sigma: string): string {
  const sides = Array.from({ length: (kernel + 1) / 2 }, (_, i) => i);
  const total = sides.map((i) => i === 0 ? "e0" : `2.0 * e${i}`).join(" + ");
  return [
    ...sides.map((i) => `let e${i} = exp(${-(i * i)}.0 / (2.0 * ${sigma} * ${sigma}));`),
    `let total = ${total};`,
    ...sides.map((i) => `let w${i} = e${i} / total;`),
  ].join("\n  ");
}

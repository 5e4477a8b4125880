/**
 * The colour operations and the blur of views in WGSL: `lib/views/color.ts` and `blur.ts`. A pixel is
 * a `vec4f` of its `CHANNELS` channels (1 to 4); a view has `SIZE` × `SIZE` of them.
 *
 * @module
 */

const TURNED = /* wgsl */ `
fn turned(p: vec4f, turns: f32) -> vec4f {
  let value = max(p.x, max(p.y, p.z));
  let chroma = value - min(p.x, min(p.y, p.z));
  let by = select(chroma, 1.0, chroma == 0.0);
  var h = 4.0 + (p.x - p.y) / by;
  h = select(h, 2.0 + (p.z - p.x) / by, value == p.y);
  h = select(h, (p.y - p.z) / by, value == p.x);
  var k = vec4f(5.0, 3.0, 1.0, 1.0) + h + 6.0 * turns;
  k -= 6.0 * floor(k / 6.0);
  return value - chroma * clamp(min(k, 4.0 - k), vec4f(0.0), vec4f(1.0));
}
`;

/**
 * `grey(p)`, and `adjusted(p, from, to, mean)`: operations `from` … `to` − 1 of the jitter `d`, where
 * `mean` is that of the grey image. They are numbered as `OPERATIONS`.
 */
export const colorWgsl = (channels: number): string => /* wgsl */ `
fn grey(p: vec4f) -> f32 {
  ${
  channels === 3
    ? "return 0.299 * p.x + 0.587 * p.y + 0.114 * p.z;"
    : `return (p.x + p.y + p.z + p.w) / ${channels}.0;`
}
}

fn blend(p: vec4f, other: f32, factor: f32) -> vec4f {
  return clamp(factor * p + (1.0 - factor) * other, vec4f(0.0), vec4f(1.0));
}
${channels === 3 ? TURNED : ""}
fn adjusted(pixel: vec4f, begin: u32, end: u32, mean: f32) -> vec4f {
  var p = pixel;
  for (var k = begin; k < end; k++) {
    switch (d.order >> (2u * k)) & 3u {
      case 0u: { p = blend(p, 0.0, d.brightness); }
      case 1u: { p = blend(p, mean, d.contrast); }
      ${
  channels === 3
    ? `case 2u: { p = blend(p, grey(p), d.saturation); }
      case 3u: { p = turned(p, d.hue); }`
    : ""
}
      default: {}
    }
  }
  return p;
}
`;

/**
 * `blurColumn(x, from, to)` calls `finish(x, y, pixel)` for each y of `from` … `to` − 1. A row of the
 * window is blurred across when it comes in, once; then the window is blurred down.
 */
export const blurWgsl = (kernel: number): string => {
  const radius = (kernel - 1) / 2;
  const taps = Array.from({ length: kernel }, (_, k) => k);
  const weight = (k: number) => `w${Math.abs(k - radius)}`;
  return /* wgsl */ `
// Position i − ${radius}, reflected without repeating the border.
fn reflected(i: u32) -> u32 {
  const PERIOD = max(1, 2 * (i32(SIZE) - 1));
  const LIFT = PERIOD * ${radius};
  let inside = (i32(i) - ${radius} + LIFT) % PERIOD;
  return min(u32(min(inside, PERIOD - inside)), SIZE - 1u);
}

fn blurColumn(x: u32, begin: u32, end: u32) {
  ${
    taps.slice(radius).map((k) =>
      `let e${k - radius} = exp(${-((k - radius) ** 2)}.0 / (2.0 * d.sigma * d.sigma));`
    ).join("\n  ")
  }
  let total = e0${taps.slice(radius + 1).map((k) => ` + 2.0 * e${k - radius}`).join("")};
  ${taps.slice(radius).map((k) => `let w${k - radius} = e${k - radius} / total;`).join(" ")}
  ${taps.map((k) => `let x${k} = reflected(x + ${k}u);`).join(" ")}
  ${taps.map((k) => `var r${k} = vec4f(0.0);`).join(" ")}
  for (var i = begin; i < end + ${kernel - 1}u; i++) {
    let row = SIZE * reflected(i);
    ${taps.slice(1).map((k) => `r${k - 1} = r${k};`).join(" ")}
    r${kernel - 1} = ${taps.map((k) => `${weight(k)} * readWork(row + x${k})`).join(" + ")};
    if (i >= begin + ${kernel - 1}u) {
      finish(x, i - ${kernel - 1}u, ${taps.map((k) => `${weight(k)} * r${k}`).join(" + ")});
    }
  }
}
`;
};

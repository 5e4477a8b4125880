/**
 * Crop, flip and resize in WGSL, as in `lib/views/resize.ts`. A pixel is a `Pixel` of `CHANNELS` floats
 * (1 to 4); a view has `SIZE` × `SIZE` pixels.
 *
 * With S = SIZE, an axis of n pixels in the crop and m = max(n, S), the weight of pixel i for output
 * x is max(0, 2m − |(2i + 1)S − (2x + 1)n|): whole numbers, which a float holds exactly.
 *
 * A lane handles some neighboring columns, one row of the crop after the other. It resizes the row
 * horizontally once, and adds the pixels to the outputs near them. If the view is smaller than the
 * crop, a row is near at most two outputs of a column. If it is larger, an output is between two rows.
 *
 * @module
 */
import { range } from "./tiles.ts";

/**
 * WGSL that reads the pixel at byte `at` of `bytes`. A pixel of three bytes may begin in the same `word`
 * in which the pixel before it ended.
 */
function readPixel(channels: number): string {
  const floats = Array.from({ length: channels }, (_, c) => `f32((now >> ${8 * c}u) & 255u)`);
  const now = channels === 3
    ? `let last = bytes[(at + 2u) >> 2u];
        let shift = 8u * (at & 3u);
        let now = (select(word, last, shift < 16u) >> shift) | (last << ((32u - shift) & 31u));
        word = last;`
    : "let now = bytes[at >> 2u] >> (8u * (at & 3u));";
  return `${now}
        let p = Pixel(${floats.join(", ")});`;
}

/**
 * WGSL of `resizeColumns(base, column)`. It calls `emit(x, y, pixel)` for each y from 0 on, and for the
 * `columns` values of x from `column` on, of which at least the first is in the view. Pixels are 0 to 1;
 * `base` is the first byte of the image in `bytes`.
 */
export const resizeWgsl = (channels: number, columns: number): string => {
  const each = (wgsl: (j: number) => string) => range(columns).map(wgsl).join("\n");
  const offsets = range(columns).map((j) => `offset${j}`);
  return /* wgsl */ `
// The first pixel of output x on an axis of n pixels.
fn firstPixel(x: u32, n: u32) -> u32 {
  return u32(max(i32((2u * x + 1u) * n + SIZE) - i32(2u * max(n, SIZE)), 0)) / (2u * SIZE);
}

// How far pixel i is beyond the center of output x, in units of 1/(2 SIZE) pixels.
fn beyond(i: u32, x: i32, n: u32) -> f32 {
  return f32(i32((2u * i + 1u) * SIZE) - (2 * x + 1) * i32(n));
}

const SPACING = f32(2u * SIZE);

fn resizeColumns(base: u32, column: u32) {
  let most = vec2u(max(d.width, SIZE), max(d.height, SIZE));
  let reach = vec2f(2u * most);
  // The outermost columns, before the flip.
  let far = min(column + ${columns - 1}u, SIZE - 1u);
  let x = select(vec2u(column, far), SIZE - 1u - vec2u(far, column), d.flip);
  let first = firstPixel(x.x, d.width);
  let end = firstPixel(x.y, d.width) + (2u * most.x + SIZE - 1u) / SIZE;
  let taps = min(end, d.width) - first;
  ${
    each((j) => `
  let x${j} = i32(column + ${j}u);
  let offset${j} = beyond(first, select(x${j}, i32(SIZE) - 1 - x${j}, d.flip), d.width);
  var across${j} = 0.0;
  var one${j} = Pixel(0.0);
  var two${j} = Pixel(0.0);`)
  }
  for (var i = 0u; i < taps; i++) {
    let distance = SPACING * f32(i);
    ${each((j) => `across${j} += max(0.0, reach.x - abs(offset${j} + distance));`)}
  }
  ${each((j) => `let unit${j} = 1.0 / (255.0 * across${j});`)}
  var start = base + (d.top * u.width + d.left + first) * CHANNELS;
  let height = f32(2u * d.height);
  var row = 0u;
  // How far the next row is beyond the center of this output.
  var distance = beyond(0u, 0, d.height);
  if (d.height >= SIZE) {
    // one and two are sums of this output and the next.
    var weightOne = 0.0;
    var weightTwo = 0.0;
    for (var y = 0u; y < SIZE; y++) {
      let stop = min(d.height, ((2u * y + 3u) * d.height + SIZE - 1u) / (2u * SIZE));
      for (; row < stop; row++) {
        let sums = resizedRow(start, taps, reach.x, ${offsets.join(", ")});
        let here = max(0.0, reach.y - abs(distance));
        let next = max(0.0, reach.y - abs(distance - height));
        ${
    each((j) => `
        one${j} += here * sums.of${j};
        two${j} += next * sums.of${j};`)
  }
        weightOne += here;
        weightTwo += next;
        distance += SPACING;
        start += u.width * CHANNELS;
      }
      let scale = 1.0 / weightOne;
      ${
    each((j) => `
      emit(column + ${j}u, y, one${j} * (unit${j} * scale));
      one${j} = two${j};
      two${j} = Pixel(0.0);`)
  }
      weightOne = weightTwo;
      weightTwo = 0.0;
      distance -= height;
    }
  } else {
    // one and two are the last two rows.
    for (var y = 0u; y < SIZE; y++) {
      let stop = min(d.height, firstPixel(y, d.height) + 2u);
      for (; row < stop; row++) {
        let sums = resizedRow(start, taps, reach.x, ${offsets.join(", ")});
        ${
    each((j) => `
        one${j} = two${j};
        two${j} = sums.of${j};`)
  }
        distance += SPACING;
        start += u.width * CHANNELS;
      }
      let below = max(0.0, reach.y - abs(distance - SPACING));
      let above = select(0.0, max(0.0, reach.y - abs(distance - 2.0 * SPACING)), row > 1u);
      let scale = 1.0 / (above + below);
      ${
    each((j) =>
      `emit(column + ${j}u, y, (above * one${j} + below * two${j}) * (unit${j} * scale));`
    )
  }
      distance -= height;
    }
  }
}

struct Sums { ${each((j) => `of${j}: Pixel,`)} }

fn resizedRow(
  start: u32, taps: u32, reach: f32, ${offsets.map((name) => `${name}: f32`).join(", ")}) -> Sums {
  ${channels === 3 ? "var word = bytes[start >> 2u];" : ""}
  ${each((j) => `var sum${j} = Pixel(0.0);`)}
  var at = start;
  var distance = 0.0;
  for (var i = 0u; i < taps; i++) {
    ${readPixel(channels)}
    ${each((j) => `sum${j} += max(0.0, reach - abs(offset${j} + distance)) * p;`)}
    distance += SPACING;
    at += CHANNELS;
  }
  return Sums(${range(columns).map((j) => `sum${j}`).join(", ")});
}
`;
};

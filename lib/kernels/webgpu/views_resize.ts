/**
 * Crop, flip and resize in WGSL, as `lib/views/resize.ts`. A pixel is a `Pixel` of `CHANNELS` floats
 * (1 to 4); a view has `SIZE` × `SIZE` of them.
 *
 * With S = SIZE, an axis of n pixels in the crop and m = max(n, S), the weight of pixel i for output
 * x is 2m − |(2i + 1)S − (2x + 1)n| where that is positive: whole numbers, exact in a float.
 *
 * A lane goes down one column, one row of the crop after the other: it resizes the row across, once,
 * and gives the pixel to the outputs that it is near. There are at most two of them where the view is
 * the smaller one; and where it is the larger one, an output is between two rows.
 *
 * @module
 */

/**
 * Reads the pixel at byte `at` of `bytes`. One of three bytes may begin in the `word` that the pixel
 * before it ended in.
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
 * `resizeColumn(base, x)` calls `emit(x, y, pixel)`, pixels being 0 to 1, for each y from 0 on; `base` is
 * the first byte of the image in `bytes`.
 */
export const resizeWgsl = (channels: number): string => /* wgsl */ `
// The first pixel of output x on an axis of n pixels.
fn firstPixel(x: u32, n: u32) -> u32 {
  return u32(max(i32((2u * x + 1u) * n + SIZE) - i32(2u * max(n, SIZE)), 0)) / (2u * SIZE);
}

// How far pixel i is beyond the centre of output x, in units of 1/(2 SIZE) pixels.
fn beyond(i: u32, x: u32, n: u32) -> f32 {
  return f32(i32((2u * i + 1u) * SIZE) - i32((2u * x + 1u) * n));
}

const SPACING = f32(2u * SIZE);

fn resizeColumn(base: u32, column: u32) {
  let x = select(column, SIZE - 1u - column, d.flip);
  let most = vec2u(max(d.width, SIZE), max(d.height, SIZE));
  let reach = vec2f(2u * most);
  let first = firstPixel(x, d.width);
  let taps = min((2u * most.x + SIZE - 1u) / SIZE, d.width - first);
  let offset = beyond(first, x, d.width);
  var start = base + (d.top * u.width + d.left + first) * CHANNELS;
  var across = 0.0;
  for (var i = 0u; i < taps; i++) {
    across += max(0.0, reach.x - abs(offset + SPACING * f32(i)));
  }
  let unit = 1.0 / (255.0 * across);
  let height = f32(2u * d.height);
  var row = 0u;
  // How far the next row is beyond the centre of this output.
  var distance = beyond(0u, 0u, d.height);
  if (d.height >= SIZE) {
    // Sums of this output and the next.
    var one = Pixel(0.0);
    var two = Pixel(0.0);
    var weightOne = 0.0;
    var weightTwo = 0.0;
    for (var y = 0u; y < SIZE; y++) {
      let stop = min(d.height, ((2u * y + 3u) * d.height + SIZE - 1u) / (2u * SIZE));
      for (; row < stop; row++) {
        let sum = resizedRow(start, taps, reach.x, offset);
        let here = max(0.0, reach.y - abs(distance));
        let next = max(0.0, reach.y - abs(distance - height));
        one += here * sum;
        two += next * sum;
        weightOne += here;
        weightTwo += next;
        distance += SPACING;
        start += u.width * CHANNELS;
      }
      emit(column, y, one * (unit / weightOne));
      one = two;
      weightOne = weightTwo;
      two = Pixel(0.0);
      weightTwo = 0.0;
      distance -= height;
    }
  } else {
    // The last two rows.
    var one = Pixel(0.0);
    var two = Pixel(0.0);
    for (var y = 0u; y < SIZE; y++) {
      let stop = min(d.height, firstPixel(y, d.height) + 2u);
      for (; row < stop; row++) {
        one = two;
        two = resizedRow(start, taps, reach.x, offset);
        distance += SPACING;
        start += u.width * CHANNELS;
      }
      let below = max(0.0, reach.y - abs(distance - SPACING));
      let above = select(0.0, max(0.0, reach.y - abs(distance - 2.0 * SPACING)), row > 1u);
      emit(column, y, (above * one + below * two) * (unit / (above + below)));
      distance -= height;
    }
  }
}

fn resizedRow(start: u32, taps: u32, reach: f32, offset: f32) -> Pixel {
  ${channels === 3 ? "var word = bytes[start >> 2u];" : ""}
  var sum = Pixel(0.0);
  var at = start;
  var distance = offset;
  for (var i = 0u; i < taps; i++) {
    ${readPixel(channels)}
    sum += max(0.0, reach - abs(distance)) * p;
    distance += SPACING;
    at += CHANNELS;
  }
  return sum;
}
`;

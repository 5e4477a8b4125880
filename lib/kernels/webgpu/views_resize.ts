/**
 * Crop, flip and resize in WGSL, as `lib/views/resize.ts`. A pixel is a `vec4f` of its `CHANNELS`
 * channels (1 to 4); a view has `SIZE` × `SIZE` of them.
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
 * The pixel at byte `at` of `bytes`, given the word before: a pixel of three bytes may begin in the
 * word that the pixel before it ended in.
 */
const PIXEL = [
  `let now = bytes[at >> 2u] >> (8u * (at & 3u));
      let p = vec4f(f32(now & 255u), 0.0, 0.0, 0.0);`,
  `let now = bytes[at >> 2u] >> (8u * (at & 3u));
      let p = vec4f(f32(now & 255u), f32((now >> 8u) & 255u), 0.0, 0.0);`,
  `let last = bytes[(at + 2u) >> 2u];
      let shift = 8u * (at & 3u);
      let now = (select(word, last, shift < 16u) >> shift) | (last << ((32u - shift) & 31u));
      word = last;
      let p = vec4f(f32(now & 255u), f32((now >> 8u) & 255u), f32((now >> 16u) & 255u), 0.0);`,
  `let now = bytes[at >> 2u];
      let p = vec4f(
        f32(now & 255u), f32((now >> 8u) & 255u), f32((now >> 16u) & 255u), f32(now >> 24u));`,
];

/**
 * `resizeColumn(base, x, from, to)` calls `emit(x, y, pixel)`, pixels being 0 to 1, for each y of
 * `from` … `to` − 1; `base` is the first byte of the image in `bytes`.
 */
export const resizeWgsl = (channels: number): string => /* wgsl */ `
// The first pixel of output x on an axis of n pixels.
fn firstPixel(x: u32, n: u32) -> u32 {
  return u32(max(i32((2u * x + 1u) * n + SIZE) - i32(2u * max(n, SIZE)), 0)) / (2u * SIZE);
}

// The distance of pixel i from output x, in units of 1/(2 SIZE) pixels.
fn distance_(i: i32, x: u32, n: u32) -> f32 {
  return abs(f32((2 * i + 1) * i32(SIZE) - i32((2u * x + 1u) * n)));
}

fn resizeColumn(base: u32, column: u32, begin: u32, end: u32) {
  let x = select(column, SIZE - 1u - column, d.flip);
  let most = vec2u(max(d.width, SIZE), max(d.height, SIZE));
  let reach = vec2f(2u * most);
  let taps = (2u * most.x + SIZE - 1u) / SIZE;
  let first = firstPixel(x, d.width);
  let offset = f32((2 * i32(first) + 1) * i32(SIZE) - i32((2u * x + 1u) * d.width));
  let corner = base + (d.top * u.width + d.left + first) * CHANNELS;
  let inside = d.width - 1u - first; // the last tap within the crop
  var across = 0.0;
  for (var i = 0u; i <= min(taps - 1u, inside); i++) {
    across += max(0.0, reach.x - abs(offset + f32(2u * SIZE * i)));
  }
  let unit = 1.0 / (255.0 * across);
  let smaller = d.height >= SIZE;
  var row = firstPixel(begin, d.height);
  // Smaller: sums of this output and the next. Larger: the last two rows.
  var one = vec4f(0.0);
  var two = vec4f(0.0);
  var weightOne = 0.0;
  var weightTwo = 0.0;
  for (var y = begin; y < end; y++) {
    let stop = min(d.height, select(
      firstPixel(y, d.height) + 2u, ((2u * y + 3u) * d.height + SIZE - 1u) / (2u * SIZE), smaller));
    for (; row < stop; row++) {
      let start = corner + row * u.width * CHANNELS;
      ${channels === 3 ? "var word = bytes[start >> 2u];" : ""}
      var sum = vec4f(0.0);
      for (var i = 0u; i < taps; i++) {
        let at = start + min(i, inside) * CHANNELS;
        ${PIXEL[channels - 1]}
        let weight = max(0.0, reach.x - abs(offset + f32(2u * SIZE * i)));
        sum += select(0.0, weight, i <= inside) * p;
      }
      if (smaller) {
        let here = max(0.0, reach.y - distance_(i32(row), y, d.height));
        let next = max(0.0, reach.y - distance_(i32(row), y + 1u, d.height));
        one += here * sum;
        two += next * sum;
        weightOne += here;
        weightTwo += next;
      } else {
        one = two;
        two = sum;
      }
    }
    if (smaller) {
      emit(column, y, one * (unit / weightOne));
      one = two;
      weightOne = weightTwo;
      two = vec4f(0.0);
      weightTwo = 0.0;
    } else {
      let last = i32(row) - 1;
      let above = select(0.0, max(0.0, reach.y - distance_(last - 1, y, d.height)), last > 0);
      let below = max(0.0, reach.y - distance_(last, y, d.height));
      emit(column, y, (above * one + below * two) * (unit / (above + below)));
    }
  }
}
`;

/**
 * The random draws of views in WGSL, the same to the bit as those of `lib/random.ts` and
 * `lib/views/parameters.ts`. One thread draws one view. Boxes, orders and yes-or-no decisions are
 * computed in whole numbers; factors are floats of 24 random bits.
 *
 * It is a dispatch of its own: in the dispatch that makes the pixels, every lane would wait for it.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { JitterRanges, RandomViewsAttributes, Range, ViewDraws } from "../calls.ts";
import { emptyTensor, runProgram, type Uniform } from "./program.ts";

const LANES = 64;

/** The operations of the color jitter; the shader knows each by its index here. */
export const OPERATIONS: readonly (keyof JitterRanges)[] = [
  "brightness",
  "contrast",
  "saturation",
  "hue",
];

/** The place of each operation in the order, two bits each, the first operation in the lowest bits. */
const placesOf = (order: readonly (keyof JitterRanges)[]) =>
  OPERATIONS.reduce((code, operation, i) => code | order.indexOf(operation) << 2 * i, 0);

/** The index of each drawn value among the words of {@linkcode drawViews}; floats as their bits. */
export const DRAWN = {
  top: 0,
  left: 1,
  height: 2,
  width: 3,
  flip: 4,
  jitter: 5,
  grayscale: 6,
  blur: 7,
  brightness: 8,
  contrast: 9,
  saturation: 10,
  hue: 11,
  places: 12,
  sigma: 13,
} as const;

/** Words per view. */
export const DRAWN_WORDS = 14;

/** The shader. The orders of the jitter are its constants ORDER0, ORDER1, …, see `placesOf`. */
const wgsl = (orders: readonly string[]) => /* wgsl */ `
${THREEFRY}
${FIXED_POINT}
const MOST = 32768u;
const PLACES = array<u32, ${orders.length}>(${orders.map((o) => `u32(${o})`).join(", ")});

fn logSquare(k: u32) -> i32 { return log2Fixed((2u * k - 1u) * (2u * k - 1u)) - 2 * ONE; }

// The guess may be off by the rounding of this device; the answer is not.
fn side(log: i32) -> u32 {
  var k = u32(clamp(round(exp2(f32(log) / f32(2 * ONE))), 0.0, f32(MOST)));
  while (k > 0u && logSquare(k) > log) { k--; }
  while (k < MOST && logSquare(k + 1u) <= log) { k++; }
  return k;
}

fn cropSides(area: u32, ratio: u32) -> vec2u {
  let share = u.scaleMin + mulHigh(u.scaleSpan, area << 8u);
  let log = i32(u.logArea) + log2Fixed(share) - 32 * ONE;
  let logRatio = i32(u.logRatioMin) + i32(mulHigh(u.logRatioSpan, ratio << 8u));
  return vec2u(side(log - logRatio), side(log + logRatio));
}

fn place(draw: u32, room: u32) -> u32 { return mulHigh(draw << 8u, room); }

fn between(least: f32, span: f32, draw: u32) -> i32 {
  return bitcast<i32>(least + span * (f32(draw) / f32(ONE)));
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let count = u.images * u.views;
  if (id.x >= count) { return; }
  let image = id.x % u.images;
  let key = threefry2x32(
    threefry2x32(vec2u(u.key0, u.key1), vec2u(u32(indices[image]), 3u)),
    vec2u(id.x / u.images, 4u),
  );
  // Two draws of 24 bits each: 2k and 2k + 1.
  let chances = threefry2x32(key, vec2u(0u, 0u)) >> vec2u(8u);
  let lights = threefry2x32(key, vec2u(1u, 0u)) >> vec2u(8u);
  let colors = threefry2x32(key, vec2u(2u, 0u)) >> vec2u(8u);
  let order = threefry2x32(key, vec2u(3u, 0u)) >> vec2u(8u);
  let blur = threefry2x32(key, vec2u(4u, 0u)) >> vec2u(8u);
  var box = vec4u(u.fallbackTop, u.fallbackLeft, u.fallbackHeight, u.fallbackWidth);
  for (var t = 0u; t < TRIES; t++) {
    let form = threefry2x32(key, vec2u(5u + 2u * t, 0u)) >> vec2u(8u);
    let corner = threefry2x32(key, vec2u(6u + 2u * t, 0u)) >> vec2u(8u);
    let sides = cropSides(form.x, form.y);
    if (sides.x > 0u && sides.x <= u.height && sides.y > 0u && sides.y <= u.width) {
      box = vec4u(
        place(corner.x, u.height - sides.x + 1u), place(corner.y, u.width - sides.y + 1u), sides);
      break;
    }
  }
  let at = ${DRAWN_WORDS}u * id.x;
  drawn[at + ${DRAWN.top}u] = i32(box.x);
  drawn[at + ${DRAWN.left}u] = i32(box.y);
  drawn[at + ${DRAWN.height}u] = i32(box.z);
  drawn[at + ${DRAWN.width}u] = i32(box.w);
  drawn[at + ${DRAWN.flip}u] = i32(chances.x < u.flip);
  drawn[at + ${DRAWN.jitter}u] = i32(chances.y < u.jitter);
  drawn[at + ${DRAWN.grayscale}u] = i32(order.y < u.grayscale);
  drawn[at + ${DRAWN.blur}u] = i32(blur.x < u.blur);
  drawn[at + ${DRAWN.brightness}u] = between(u.brightnessMin, u.brightnessSpan, lights.x);
  drawn[at + ${DRAWN.contrast}u] = between(u.contrastMin, u.contrastSpan, lights.y);
  drawn[at + ${DRAWN.saturation}u] = between(u.saturationMin, u.saturationSpan, colors.x);
  drawn[at + ${DRAWN.hue}u] = between(u.hueMin, u.hueSpan, colors.y);
  drawn[at + ${DRAWN.places}u] = i32(PLACES[place(order.x, ${orders.length}u)]);
  drawn[at + ${DRAWN.sigma}u] = between(u.sigmaMin, u.sigmaSpan, blur.y);
}
`;

/**
 * Draws the views of the images whose `indices`, int32 [n], name their streams.
 *
 * @returns int32 [views, n, words], see {@linkcode DRAWN}
 */
export function drawViews(
  backend: WebGPUBackend,
  indices: tf.TensorInfo,
  attrs: ViewDraws & Pick<RandomViewsAttributes, "key" | "viewCount" | "shape">,
): tf.TensorInfo {
  const { key, viewCount, shape: [height, width] } = attrs;
  const [images] = indices.shape;
  const drawn = emptyTensor(backend, [viewCount, images, DRAWN_WORDS], "int32");
  const { fallback, tries, ...rule } = attrs.crop;
  // uniform < p, for a uniform of 24 bits
  const threshold = (p: number) => Math.ceil(p * 2 ** 24);
  const range = (name: string, [least, most]: Range): Record<string, Uniform> => ({
    [name + "Min"]: { f32: least },
    [name + "Span"]: { f32: most - least },
  });
  const orders = Object.fromEntries(attrs.orders.map((o, i) => [`ORDER${i}`, placesOf(o)]));
  const chances = Object.entries(attrs.probabilities).map(([name, p]) => [name, threshold(p)]);
  runProgram(backend, {
    name: "draw_views",
    constants: { LANES, TRIES: tries, ...orders },
    inputs: { indices },
    outputs: { drawn },
    uniforms: {
      key0: key[0],
      key1: key[1],
      images,
      views: viewCount,
      height,
      width,
      ...rule,
      fallbackTop: fallback.top,
      fallbackLeft: fallback.left,
      fallbackHeight: fallback.height,
      fallbackWidth: fallback.width,
      ...Object.fromEntries(chances),
      ...Object.assign({}, ...OPERATIONS.map((name) => range(name, attrs.jitterRanges[name]))),
      ...range("sigma", attrs.blurSigma),
    },
    wgsl: () => wgsl(Object.keys(orders)),
    workgroups: [Math.ceil(images * viewCount / LANES)],
  });
  return drawn;
}

const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]];

/** WGSL of four rounds of Threefry and the addition of the key after them; there are five groups. */
function rounds(group: number): string {
  const keys = ["key.x", "key.y", "third"];
  return [
    ...ROTATIONS[group % 2].map((r) =>
      `x.x += x.y; x.y = ((x.y << ${r}u) | (x.y >> ${32 - r}u)) ^ x.x;`
    ),
    `x += vec2u(${keys[(group + 1) % 3]}, ${keys[(group + 2) % 3]} + ${group + 1}u);`,
  ].join("\n  ");
}

/** `threefry2x32(key, counter)`: Threefry-2x32 with 20 rounds. */
const THREEFRY: string = /* wgsl */ `
fn threefry2x32(key: vec2u, counter: vec2u) -> vec2u {
  let third = key.x ^ key.y ^ 0x1bd11bdau;
  var x = counter + key;
  ${[0, 1, 2, 3, 4].map(rounds).join("\n  ")}
  return x;
}
`;

/** WGSL of `ONE`, `mulHigh(a, b)` and `log2Fixed(x)`, as in `lib/views/crop_box.ts`. */
const FIXED_POINT: string = /* wgsl */ `
const ONE = 16777216; // 2^24

fn mulHigh(a: u32, b: u32) -> u32 {
  let upper = (a >> 16u) * (b & 0xffffu) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let lower = (a & 0xffffu) * (b >> 16u) + (upper & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (upper >> 16u) + (lower >> 16u);
}

fn log2Fixed(x: u32) -> i32 {
  let zeros = countLeadingZeros(x);
  var mantissa = x << zeros;
  var result = 31u - zeros;
  for (var bit = 0u; bit < 24u; bit++) {
    let square = mulHigh(mantissa, mantissa);
    let carry = square >> 31u;
    mantissa = square << (1u - carry);
    result = 2u * result + carry;
  }
  return i32(result);
}
`;

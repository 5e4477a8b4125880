/**
 * Random views of images of bytes, made on the device: bytes [rows, words] → views
 * [n, size, size, channels], normalised. What a view is, is said by `lib/views/augment.ts`; this gives
 * the same boxes, flips and orders, and values that differ by the rounding of float32.
 *
 * One workgroup makes one view, in its place in the output, so a crop may be of any size. A lane goes
 * down a column of it: (1) resizes it and does what comes before contrast; (2) with the mean, which is
 * a sum over the lanes, does the rest, and blurs down; (3) blurs a row across. Whatever a lane reads
 * of the output in (2) it has written itself; only before (3) the lanes wait for each other.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { blurKernelSize } from "../../views/blur.ts";
import type { RandomViews } from "../../views/on_device.ts";
import { emptyTensor, linearGrid, runProgram } from "./program.ts";
import { AXES, blurWeights, colorWgsl, lineBlur, PIXEL } from "./views_color.ts";
import { DRAWN, DRAWN_WORDS, drawViews, OPERATIONS } from "./views_draw.ts";
import { resizeWgsl } from "./views_resize.ts";

const LANES = 32;

const FLAGS: readonly string[] = ["flip", "jitter", "grayscale", "blur"];
const WORDS: readonly string[] = ["top", "left", "height", "width", "order"];

/** The type and the value of a field of `Drawn`, read at `at`. */
function field([name, word]: [string, number]): [declaration: string, value: string] {
  if (FLAGS.includes(name)) return [`${name}: bool,`, `drawn[at + ${word}u] != 0`];
  if (WORDS.includes(name)) return [`${name}: u32,`, `u32(drawn[at + ${word}u])`];
  return [`${name}: f32,`, `bitcast<f32>(drawn[at + ${word}u])`];
}

const wgsl = ({ CHANNELS, KERNEL }: Readonly<Record<string, number>>): string => {
  const fields = Object.entries(DRAWN).map(field);
  const channels = AXES[CHANNELS - 1];
  const blur = KERNEL > 0 ? lineBlur(KERNEL) : undefined;
  const radius = (KERNEL - 1) / 2;
  return /* wgsl */ `
alias Pixel = ${PIXEL[CHANNELS - 1]};
struct Drawn { ${fields.map(([declaration]) => declaration).join(" ")} }
var<private> d: Drawn;
// Where the view begins; where contrast, which needs the mean, and hue are in the order.
var<private> origin: u32;
var<private> contrastAt: u32;
var<private> hueAt: u32;
var<private> greys: f32;
var<workgroup> sums: array<f32, LANES>;

${colorWgsl(CHANNELS)}

fn readPixel(pixel: u32) -> Pixel {
  let at = origin + CHANNELS * pixel;
  return Pixel(${channels.map((_, c) => `views[at + ${c}u]`).join(", ")});
}

fn writePixel(pixel: u32, p: Pixel) {
  let at = origin + CHANNELS * pixel;
  ${channels.map((axis, c) => `views[at + ${c}u] = p${axis};`).join(" ")}
}

fn normalised(p: Pixel) -> Pixel {
  return (p - Pixel(${channels.map((_, c) => `u.mean${c}`).join(", ")})) *
    Pixel(${channels.map((_, c) => `u.scale${c}`).join(", ")});
}

fn greyed(p: Pixel) -> Pixel {
  ${
    CHANNELS === 3
      ? "return select(p, Pixel(clamp(grey(p), 0.0, 1.0)), d.grayscale);"
      : "return p;"
  }
}

fn emit(x: u32, y: u32, resized: Pixel) {
  let p = adjusted(resized, 0u, select(0u, contrastAt, d.jitter), 0.0);
  greys += grey(p);
  writePixel(SIZE * y + x, select(normalised(greyed(p)), p, d.jitter || d.blur));
}
${resizeWgsl(CHANNELS)}
@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let image = group.y * groups.x + group.x;
  if (image >= u.count) { return; }
  let place = u32(table[2u * image + 1u]);
  let at = ${DRAWN_WORDS}u * (u.view * u.images + place);
  d = Drawn(${fields.map(([, value]) => value).join(", ")});
  origin = SIZE * SIZE * CHANNELS * place;
  for (var k = 0u; k < 4u; k++) {
    let operation = (d.order >> (2u * k)) & 3u;
    contrastAt = select(contrastAt, k, operation == ${OPERATIONS.indexOf("contrast")}u);
    hueAt = select(hueAt, k, operation == ${OPERATIONS.indexOf("hue")}u);
  }
  for (var x = lane; x < SIZE; x += LANES) {
    resizeColumn(4u * u.words * u32(table[2u * image]), x);
  }
  sums[lane] = greys;
  workgroupBarrier();
  var mean = 0.0;
  for (var i = 0u; i < LANES; i++) { mean += sums[i]; }
  mean /= f32(SIZE * SIZE);
  let rest = select(4u, contrastAt, d.jitter);
  let last = select(0u, SIZE, d.jitter || d.blur);
  ${blur ? blurWeights(KERNEL, "d.sigma") : ""}
  for (var x = lane; x < SIZE; x += LANES) {
    ${blur?.begin ?? ""}
    for (var i = 0u; i < last; i++) {
      let p = greyed(adjusted(readPixel(SIZE * i + x), rest, 4u, mean));
      ${
    blur
      ? `${blur.push}
      if (!d.blur || i >= ${radius}u) {
        let to = select(i, i - ${radius}u, d.blur);
        writePixel(SIZE * to + x, select(normalised(p), middle, d.blur));
      }`
      : "writePixel(SIZE * i + x, normalised(p));"
  }
    }
    ${
    blur ? `if (d.blur) { ${blur.end((i, p) => `writePixel(SIZE * u32(${i}) + x, ${p});`)} }` : ""
  }
  }
  ${
    blur
      ? `storageBarrier();
  workgroupBarrier();
  for (var y = lane; y < select(0u, SIZE, d.blur); y += LANES) {
    ${blur.begin}
    for (var i = 0u; i < SIZE; i++) {
      let p = readPixel(SIZE * y + i);
      ${blur.push}
      if (i >= ${radius}u) { writePixel(SIZE * y + i - ${radius}u, normalised(middle)); }
    }
    ${blur.end((i, p) => `writePixel(SIZE * y + u32(${i}), normalised(${p}));`)}
  }`
      : ""
  }
}
`;
};

/** The views of each image: `viewCount` tensors [n, size, size, channels]. */
export function randomViews(
  backend: WebGPUBackend,
  parts: Record<string, tf.TensorInfo>,
  attrs: RandomViews,
): tf.TensorInfo[] {
  const { options, rows, rowsPerPart } = attrs;
  const channels = attrs.shape[2];
  const size = options.cropSize;
  const n = rows.length;
  const shape = [n, size, size, channels];
  const views = Array.from({ length: attrs.viewCount }, () => emptyTensor(backend, shape));
  const kernel = options.blur > 0 ? blurKernelSize(options.blurKernel, size) : 0;
  const indices = backend.makeTensorInfo([n], "int32", Int32Array.from(attrs.indices));
  const drawn = drawViews(backend, indices, attrs);
  const moments = Object.fromEntries([0, 1, 2, 3].flatMap((c) => [
    [`mean${c}`, { f32: attrs.mean[c] ?? 0 }],
    [`scale${c}`, { f32: 1 / (attrs.std[c] ?? 1) }],
  ]));

  const places = Array.from({ length: n }, (_, i) => i);
  for (const [part, bytes] of Object.values(parts).entries()) {
    const here = places.filter((i) => Math.floor(rows[i] / rowsPerPart) === part);
    if (here.length === 0) continue;
    const pairs = here.flatMap((i) => [rows[i] % rowsPerPart, i]);
    const table = backend.makeTensorInfo([here.length, 2], "int32", Int32Array.from(pairs));
    views.forEach((output, view) =>
      runProgram(backend, {
        name: "random_views",
        constants: { SIZE: size, CHANNELS: channels, KERNEL: kernel, LANES },
        inputs: { bytes: { tensor: bytes, element: "u32" }, table, drawn },
        outputs: { views: output },
        uniforms: {
          width: attrs.shape[1],
          words: bytes.shape[1],
          count: here.length,
          images: n,
          view,
          ...moments,
        },
        wgsl,
        workgroups: linearGrid(backend, here.length),
      })
    );
    backend.disposeData(table.dataId);
  }
  for (const { dataId } of [indices, drawn]) backend.disposeData(dataId);
  return views;
}

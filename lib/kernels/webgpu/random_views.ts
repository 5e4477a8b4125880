/**
 * Random views of images of bytes, made on the device: bytes [rows, words] → views
 * [n, size, size, channels], normalised. What a view is, is said by `lib/views/augment.ts`; this gives
 * the same boxes, flips and orders, and values that differ by the rounding of float32.
 *
 * One workgroup makes one view, a lane some of its columns. The mean that contrast needs is a sum
 * over the lanes; the blur needs neighbours, so that the image to be blurred lies in a buffer of its
 * own. Both are buffers and not workgroup memory, so a crop may be of any size.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { blurKernelSize } from "../../views/blur.ts";
import type { RandomViews } from "../../views/on_device.ts";
import { emptyTensor, linearGrid, runProgram } from "./program.ts";
import { blurWgsl, colorWgsl } from "./views_color.ts";
import { DRAWN, DRAWN_WORDS, drawViews } from "./views_draw.ts";
import { resizeWgsl } from "./views_resize.ts";

const LANES = 64;

const FLAGS: readonly string[] = ["flip", "jitter", "grayscale", "blur"];
const WORDS: readonly string[] = ["top", "left", "height", "width", "order"];

/** The type and the value of a field of `Drawn`, read at `at`. */
function field([name, word]: [string, number]): [declaration: string, value: string] {
  if (FLAGS.includes(name)) return [`${name}: bool,`, `drawn[at + ${word}u] != 0`];
  if (WORDS.includes(name)) return [`${name}: u32,`, `u32(drawn[at + ${word}u])`];
  return [`${name}: f32,`, `bitcast<f32>(drawn[at + ${word}u])`];
}

const AXES = ["x", "y", "z", "w"];

const wgsl = ({ CHANNELS, KERNEL }: Readonly<Record<string, number>>): string => {
  const fields = Object.entries(DRAWN).map(field);
  const channels = AXES.slice(0, CHANNELS);
  const work = KERNEL > 0 ? "work" : "views";
  const write = (buffer: string) =>
    channels.map((axis, c) => `${buffer}[at + ${c}u] = p.${axis};`).join(" ");
  return /* wgsl */ `
struct Drawn { ${fields.map(([declaration]) => declaration).join(" ")} }
var<private> d: Drawn;
// Where the view begins in the buffers; the number of the first operation that needs the mean.
var<private> origin: u32;
var<private> split: u32;
var<private> greys: f32;
var<workgroup> sums: array<f32, LANES>;

${colorWgsl(CHANNELS)}

fn readWork(pixel: u32) -> vec4f {
  let at = origin + CHANNELS * pixel;
  return vec4f(${AXES.map((_, c) => c < CHANNELS ? `${work}[at + ${c}u]` : "0.0").join(", ")});
}

fn writeWork(pixel: u32, p: vec4f) { let at = origin + CHANNELS * pixel; ${write(work)} }

fn writeView(pixel: u32, value: vec4f) {
  let at = origin + CHANNELS * pixel;
  let p = (value - vec4f(u.mean0, u.mean1, u.mean2, u.mean3)) *
    vec4f(u.scale0, u.scale1, u.scale2, u.scale3);
  ${write("views")}
}

fn greyed(p: vec4f) -> vec4f {
  ${CHANNELS === 3 ? "if (d.grayscale) { return vec4f(clamp(grey(p), 0.0, 1.0)); }" : ""}
  return p;
}

fn emit(x: u32, y: u32, resized: vec4f) {
  var p = resized;
  if (d.jitter) {
    p = adjusted(p, 0u, split, 0.0);
    greys += grey(p);
    writeWork(SIZE * y + x, p);
    return;
  }
  p = greyed(p);
  if (d.blur) { writeWork(SIZE * y + x, p); } else { writeView(SIZE * y + x, p); }
}

fn finish(x: u32, y: u32, p: vec4f) { writeView(SIZE * y + x, p); }

${resizeWgsl(CHANNELS)}
${KERNEL > 0 ? blurWgsl(KERNEL) : ""}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let image = group.y * groups.x + group.x;
  if (image >= u.count) { return; }
  let row = u32(table[2u * image]);
  let place = u32(table[2u * image + 1u]);
  let at = ${DRAWN_WORDS}u * (u.view * u.images + place);
  d = Drawn(${fields.map(([, value]) => value).join(", ")});
  origin = SIZE * SIZE * CHANNELS * place;
  for (split = 0u; split < 3u && ((d.order >> (2u * split)) & 3u) != 1u; split++) {}
  for (var task = lane; task < SIZE * BANDS; task += LANES) {
    let begin = min(SIZE, task / SIZE * ROWS);
    resizeColumn(4u * u.words * row, task % SIZE, begin, min(SIZE, begin + ROWS));
  }
  sums[lane] = greys;
  workgroupBarrier();
  if (d.jitter) {
    var mean = 0.0;
    for (var i = 0u; i < LANES; i++) { mean += sums[i]; }
    mean /= f32(SIZE * SIZE);
    for (var task = lane; task < SIZE * BANDS; task += LANES) {
      let begin = min(SIZE, task / SIZE * ROWS);
      for (var y = begin; y < min(SIZE, begin + ROWS); y++) {
        let pixel = SIZE * y + task % SIZE;
        let p = greyed(adjusted(readWork(pixel), split, 4u, mean));
        if (d.blur) { writeWork(pixel, p); } else { writeView(pixel, p); }
      }
    }
  }
  ${
    KERNEL > 0
      ? `storageBarrier();
  workgroupBarrier();
  if (d.blur) {
    for (var task = lane; task < SIZE * BANDS; task += LANES) {
      let begin = min(SIZE, task / SIZE * ROWS);
      blurColumn(task % SIZE, begin, min(SIZE, begin + ROWS));
    }
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
  const work = kernel > 0 ? emptyTensor(backend, shape) : undefined;
  const indices = backend.makeTensorInfo([n], "int32", Int32Array.from(attrs.indices));
  const drawn = drawViews(backend, indices, attrs);
  const bands = Math.max(1, Math.min(size, Math.floor(LANES / size)));
  const moments = Object.fromEntries(AXES.flatMap((_, c) => [
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
        constants: {
          SIZE: size,
          CHANNELS: channels,
          KERNEL: kernel,
          LANES,
          BANDS: bands,
          ROWS: Math.ceil(size / bands),
        },
        inputs: { bytes: { tensor: bytes, element: "u32" }, table, drawn },
        outputs: { views: output, ...(work && { work }) },
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
  for (const { dataId } of [indices, drawn, ...(work ? [work] : [])]) backend.disposeData(dataId);
  return views;
}

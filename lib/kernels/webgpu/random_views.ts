/**
 * Random views of images of bytes, made on the device: bytes [rows, words] → views
 * [n, size, size, channels], normalised. What a view is, is said by `lib/views/augment.ts`; this gives
 * the same boxes, flips and orders, and values that differ by the rounding of float32.
 *
 * One workgroup makes one view, in its place in the output, so a crop may be of any size. A lane goes
 * down neighbouring columns of it: (1) resizes them and does what comes before contrast; (2) with the
 * mean, which is a sum over the lanes, does the rest, and blurs down; (3) blurs rows across. In (2) a
 * lane takes up what it has itself put down in (1); only before (3) the lanes wait for each other.
 *
 * A workgroup is one subgroup, so that waiting costs nothing; where the view is wider, a lane has up
 * to {@linkcode MOST_COLUMNS} columns or rows at once, which share what is read and the loop around it.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { blurKernelSize } from "../../views/blur.ts";
import type { RandomViews } from "../../views/on_device.ts";
import { emptyTensor, linearGrid, runProgram } from "./program.ts";
import { range } from "./tiles.ts";
import { AXES, blurWeights, colorWgsl, lineBlur, PIXEL } from "./views_color.ts";
import { DRAWN, DRAWN_WORDS, drawViews } from "./views_draw.ts";
import { resizeWgsl } from "./views_resize.ts";

const MOST_LANES = 32;

/** On lavapipe a view of 32×32 takes 120, 106 and 100 with one, two and four columns at once. */
const MOST_COLUMNS = 4;

/** Pixels that a lane keeps to itself at most, 6 % faster than in the output; more are a burden on GPUs. */
const MOST_KEPT = 512;

/** Pixels in the windows of the blur of a lane: what a wide one costs to compile. */
const MOST_TAPS = 36;

const FLAGS: readonly string[] = ["flip", "jitter", "grayscale", "blur"];
const WORDS: readonly string[] = ["top", "left", "height", "width", "places"];

/** The type and the value of a field of `Drawn`, read at `at`. */
function field([name, word]: [string, number]): [declaration: string, value: string] {
  if (FLAGS.includes(name)) return [`${name}: bool,`, `drawn[at + ${word}u] != 0`];
  if (WORDS.includes(name)) return [`${name}: u32,`, `u32(drawn[at + ${word}u])`];
  return [`${name}: f32,`, `bitcast<f32>(drawn[at + ${word}u])`];
}

const wgsl = (
  { SIZE, CHANNELS, KERNEL, LANES, COLUMNS }: Readonly<Record<string, number>>,
): string => {
  const fields = Object.entries(DRAWN).map(field);
  const channels = AXES[CHANNELS - 1];
  const lines = range(COLUMNS);
  const each = (wgsl: (j: number) => string) => lines.map(wgsl).join("\n");
  const blurs = KERNEL > 0 ? lines.map((j) => lineBlur(KERNEL, `r${j}_`)) : undefined;
  // Of the lines of a lane, the last may be beyond the view.
  const whole = SIZE % COLUMNS === 0;
  const inside = (line: string) => whole ? line : `min(${line}, SIZE - 1u)`;
  const linesOfLane = COLUMNS * Math.ceil(SIZE / (COLUMNS * LANES));
  const kept = SIZE * linesOfLane <= MOST_KEPT ? SIZE * linesOfLane : 0;
  const radius = (KERNEL - 1) / 2;
  return /* wgsl */ `
alias Pixel = ${PIXEL[CHANNELS - 1]};
struct Drawn { ${fields.map(([declaration]) => declaration).join(" ")} }
var<private> d: Drawn;
// Where the view begins.
var<private> origin: u32;
// What comes before the contrast, which needs the mean.
var<private> before: Stage;
var<private> greys: f32;
var<workgroup> sums: array<f32, LANES>;

${colorWgsl(CHANNELS)}

fn placeOfPixel(x: u32, y: u32) -> u32 { return origin + CHANNELS * (SIZE * y + x); }

fn readPixel(x: u32, y: u32) -> Pixel {
  let at = placeOfPixel(${inside("x")}, ${inside("y")});
  return Pixel(${channels.map((_, c) => `views[at + ${c}u]`).join(", ")});
}

fn writePixel(x: u32, y: u32, p: Pixel) {
  ${whole ? "" : "if (max(x, y) >= SIZE) { return; }"}
  let at = placeOfPixel(x, y);
  ${channels.map((axis, c) => `views[at + ${c}u] = p${axis};`).join(" ")}
}

// Pixels between (1) and (2).
${
    kept
      ? `
var<private> kept: array<Pixel, ${kept}>;
fn keptAt(x: u32, y: u32) -> u32 {
  return SIZE * (x / (COLUMNS * LANES) * COLUMNS + x % COLUMNS) + y;
}
fn keep(x: u32, y: u32, p: Pixel) { kept[keptAt(x, y)] = p; }
fn take(x: u32, y: u32) -> Pixel { return kept[keptAt(x, y)]; }`
      : `
fn keep(x: u32, y: u32, p: Pixel) { writePixel(x, y, p); }
fn take(x: u32, y: u32) -> Pixel { return readPixel(x, y); }`
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
  let p = adjusted(resized, before);
  greys += ${whole ? "grey(p)" : "select(0.0, grey(p), x < SIZE)"};
  keep(x, y, p);
}
${resizeWgsl(CHANNELS, COLUMNS)}
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
  let contrastAt = placeOf(CONTRAST);
  before = stage(0u, select(0u, contrastAt, d.jitter));
  for (var x = COLUMNS * lane; x < SIZE; x += COLUMNS * LANES) {
    resizeColumns(4u * u.words * u32(table[2u * image]), x);
  }
  sums[lane] = greys;
  workgroupBarrier();
  var mean = 0.0;
  for (var i = 0u; i < LANES; i++) { mean += sums[i]; }
  mean /= f32(SIZE * SIZE);
  let contrast = blend(CONTRAST, d.jitter);
  let after = stage(select(4u, contrastAt, d.jitter), 4u);
  ${blurs ? blurWeights(KERNEL, "d.sigma") : ""}
  for (var x = COLUMNS * lane; x < SIZE; x += COLUMNS * LANES) {
    ${blurs?.map(({ begin }) => begin).join("\n") ?? ""}
    for (var i = 0u; i < SIZE; i++) {
      ${
    each((j) =>
      `{
        let p = greyed(adjusted(blended(take(x + ${j}u, i), contrast, mean), after));
        ${
        blurs
          ? `${blurs[j].push}
        if (!d.blur || i >= ${radius}u) {
          let to = select(i, i - ${radius}u, d.blur);
          writePixel(x + ${j}u, to, select(normalised(p), middle, d.blur));
        }`
          : `writePixel(x + ${j}u, i, normalised(p));`
      }
      }`
    )
  }
    }
    ${
    blurs
      ? `if (d.blur) {
      ${each((j) => `{ ${blurs[j].end((i, p) => `writePixel(x + ${j}u, u32(${i}), ${p});`)} }`)}
    }`
      : ""
  }
  }
  ${
    blurs
      ? `storageBarrier();
  workgroupBarrier();
  for (var y = COLUMNS * lane; y < select(0u, SIZE, d.blur); y += COLUMNS * LANES) {
    ${blurs.map(({ begin }) => begin).join("\n")}
    for (var i = 0u; i < SIZE; i++) {
      ${
        each((j) =>
          `{
        let p = readPixel(i, y + ${j}u);
        ${blurs[j].push}
        if (i >= ${radius}u) { writePixel(i - ${radius}u, y + ${j}u, normalised(middle)); }
      }`
        )
      }
    }
    ${
        each((j) =>
          `{ ${blurs[j].end((i, p) => `writePixel(u32(${i}), y + ${j}u, normalised(${p}));`)} }`
        )
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
  const indices = backend.makeTensorInfo([n], "int32", Int32Array.from(attrs.indices));
  const drawn = drawViews(backend, indices, attrs);
  const moments = Object.fromEntries([0, 1, 2, 3].flatMap((c) => [
    [`mean${c}`, { f32: attrs.mean[c] ?? 0 }],
    [`scale${c}`, { f32: 1 / (attrs.std[c] ?? 1) }],
  ]));

  const LANES = Math.min(MOST_LANES, backend.device.adapterInfo.subgroupMaxSize || MOST_LANES);
  const room = Math.max(1, Math.floor(MOST_TAPS / Math.max(1, kernel)));
  const COLUMNS = Math.min(MOST_COLUMNS, Math.ceil(size / LANES), room);

  const places = range(n);
  for (const [part, bytes] of Object.values(parts).entries()) {
    const here = places.filter((i) => Math.floor(rows[i] / rowsPerPart) === part);
    if (here.length === 0) continue;
    const pairs = here.flatMap((i) => [rows[i] % rowsPerPart, i]);
    const table = backend.makeTensorInfo([here.length, 2], "int32", Int32Array.from(pairs));
    views.forEach((output, view) =>
      runProgram(backend, {
        name: "random_views",
        constants: { SIZE: size, CHANNELS: channels, KERNEL: kernel, LANES, COLUMNS },
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

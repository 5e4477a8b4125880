/**
 * Random views of images of bytes, made on the device: bytes [rows, words] → views
 * [n, size, size, channels], normalized. `lib/views/augment.ts` defines what a view is. The kernel draws
 * the same boxes, flips and orders, and its values differ by the rounding of float32.
 *
 * One workgroup makes one view, directly in the output, so a crop may have any size. Each lane handles
 * neighboring columns of the view, in three stages:
 *
 * 1. Resize them, and apply the color operations that come before the contrast.
 * 2. With the mean, which is a sum over the lanes, apply the other operations, and blur the columns.
 * 3. Blur the rows.
 *
 * In stage 2 a lane reads only what it wrote in stage 1 itself, so the lanes wait for each other only
 * before stage 3.
 *
 * A workgroup is one subgroup, so that waiting costs nothing. If the view is wider, a lane has up to
 * {@linkcode MOST_COLUMNS} columns or rows at once, which share the loads and the loop.
 *
 * Tests and reference: `tests/lib/kernels/webgpu/random_views_test.ts`; bench: `bench/works/views.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { RandomViewsAttributes } from "../calls.ts";
import { emptyTensor, runProgram } from "./program.ts";
import { linearGrid } from "./threads.ts";
import { range } from "./tiles.ts";
import { drawViews } from "./views_draw.ts";
import { viewsWgsl } from "./views_wgsl.ts";

const MOST_LANES = 32;

/** 16 × 256 views of 32×32 take lavapipe 120, 106 and 100 ms with one, two and four at once. */
const MOST_COLUMNS = 4;

/** Most pixels in the windows of a lane's blur: larger ones take long to compile. */
const MOST_TAPS = 36;

/** The views of each image: `viewCount` tensors [n, size, size, channels]. */
export function randomViews(
  backend: WebGPUBackend,
  parts: Record<string, tf.TensorInfo>,
  attrs: RandomViewsAttributes,
): tf.TensorInfo[] {
  const { rows, rowsPerPart, cropSize: size, blurKernel: kernel } = attrs;
  const channels = attrs.shape[2];
  const n = rows.length;
  const shape = [n, size, size, channels];
  const views = Array.from({ length: attrs.viewCount }, () => emptyTensor(backend, shape));
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
        wgsl: viewsWgsl,
        workgroups: linearGrid(backend, here.length),
      })
    );
    backend.disposeData(table.dataId);
  }
  for (const { dataId } of [indices, drawn]) backend.disposeData(dataId);
  return views;
}

/**
 * The gradient of a convolution with respect to its filter, for x [n, h, w, cin] and dy [n, oh, ow, cout]:
 *
 *     dw[r, s, c, o] = Σ over b, y, x of  x[b, y·stride + r − top, x·stride + s − left, c] · dy[b, y, x, o]
 *
 * A thread sums a tile of `taps` neighboring s, `channels` and `columns` (of o) for one r, in registers.
 * It walks along the rows of dy and loads at each step only the pixels that are new under the filter.
 * The rows b, y are split into slices that other threads sum, so that a small filter also keeps the
 * device busy; {@linkcode sumSlices} adds them. The slices depend on the shape alone, and so does the
 * order in which each weight is summed over the pixels.
 *
 * Tests and reference: `tests/lib/kernels/webgpu/conv2d_filter_gradient_test.ts`; bench: `bench/works/conv2d_filter_gradient.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { type ConvAttrs, convGeometry, type ConvInfo } from "../conv_geometry.ts";
import { emptyTensor, runProgram } from "./program.ts";
import { sliceCount, SLICED_ENTRY, sumSlices } from "./sum_slices.ts";
import { threadGrid } from "./threads.ts";
import { range, tileSide, vectorType, vectorWidth } from "./tiles.ts";
import { tuned } from "./tuner.ts";

/** What one thread sums, for one row of the filter. */
export interface FilterGradientTile {
  /** Neighboring columns of the filter. */
  readonly taps: number;
  /** Channels of x; a multiple of four if x is read by four. */
  readonly channels: number;
  /** Channels of dy; a multiple of four if dy is read by four. */
  readonly columns: number;
}

/** The filter's gradient [fh, fw, cin, cout]; undefined if the stock kernel must run. */
export function conv2dFilterGradient(
  backend: WebGPUBackend,
  { x, dy }: Record<string, tf.TensorInfo>,
  attrs: ConvAttrs & { readonly filterShape: readonly number[] },
): tf.TensorInfo | undefined {
  if ((attrs.dataFormat ?? "NHWC") !== "NHWC") return;
  if (x.dtype !== "float32" || dy.dtype !== "float32") return;
  const info = convGeometry(x.shape, attrs.filterShape, attrs);
  if ([...x.shape, ...dy.shape, ...info.filterShape].some((side) => side <= 0)) return;
  const { strideHeight, strideWidth, padInfo: { top, left } } = info;
  const tile = tuned(backend, {
    kernel: "conv2d_filter_gradient",
    shape: [x.shape, dy.shape, info.filterShape, strideHeight, strideWidth, top, left].join(" "),
    candidates: filterGradientTiles(info),
    inputs: [x.shape, dy.shape],
    run: (candidate, [x, dy]) => filterGradient(backend, x, dy, info, candidate),
  });
  return filterGradient(backend, x, dy, info, tile);
}

/** Tiles worth trying, the default first. */
export function filterGradientTiles(
  { filterWidth, inChannels, outChannels }: Pick<
    ConvInfo,
    "filterWidth" | "inChannels" | "outChannels"
  >,
): FilterGradientTile[] {
  const taps = filterWidth <= 7 ? filterWidth : 4;
  const tile = (channels: number, columns: number) => ({
    taps,
    channels: tileSide(inChannels, channels),
    columns: tileSide(outChannels, columns),
  });
  if (taps === 1) return [tile(8, 8), tile(8, 4), tile(4, 4)];
  return taps <= 3 ? [tile(4, 8), tile(4, 4), tile(8, 8)] : [tile(4, 4)];
}

/** The gradient by a given tile. The tile changes the time and no bit of the result. */
export function filterGradient(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  info: ConvInfo,
  { taps, channels, columns }: FilterGradientTile,
): tf.TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels, outHeight, padInfo } = info;
  const [byX, byY] = [vectorWidth(inChannels), vectorWidth(outChannels)];
  const size = filterHeight * filterWidth * inChannels * outChannels;
  const rows = info.batchSize * outHeight;
  const slices = sliceCount(rows, size);
  const tapBlocks = Math.ceil(filterWidth / taps);
  const channelBlocks = Math.ceil(inChannels / channels);
  const columnBlocks = Math.ceil(outChannels / columns);
  const threads = slices * filterHeight * tapBlocks * channelBlocks * columnBlocks;
  const partial = emptyTensor(backend, [slices, ...info.filterShape]);
  runProgram(backend, {
    name: "conv2d_filter_gradient",
    constants: {
      TAPS: taps,
      CHANNELS: channels / byX,
      COLUMNS: columns / byY,
      BY_X: byX,
      BY_Y: byY,
      STRIDE: info.strideWidth,
    },
    inputs: {
      x: { tensor: x, element: vectorType(byX) },
      dy: { tensor: dy, element: vectorType(byY) },
    },
    outputs: { dw: { tensor: partial, element: vectorType(byY) } },
    uniforms: {
      threads,
      rows,
      slice_rows: Math.ceil(rows / slices),
      in_height: info.inHeight,
      in_width: info.inWidth,
      out_height: outHeight,
      out_width: info.outWidth,
      filter_height: filterHeight,
      filter_width: filterWidth,
      stride: info.strideHeight,
      top: padInfo.top,
      left: padInfo.left,
      channels: inChannels / byX,
      columns: outChannels / byY,
      tap_blocks: tapBlocks,
      channel_blocks: channelBlocks,
      column_blocks: columnBlocks,
    },
    wgsl,
    workgroups: threadGrid(backend, threads),
  });
  if (slices > 1) return sumSlices(backend, partial, info.filterShape);
  return { ...partial, shape: [...info.filterShape] };
}

/** The WGSL for a tile, with unrolled loops and a variable for each sum. */
function wgsl(tile: Readonly<Record<string, number>>): string {
  const { TAPS, CHANNELS, COLUMNS, BY_X, BY_Y, STRIDE } = tile;
  const groups = range(CHANNELS), columns = range(COLUMNS), taps = range(TAPS);
  const parts = BY_X === 4 ? [".x", ".y", ".z", ".w"] : [""];
  const sums = taps.flatMap((s) =>
    groups.flatMap((i) =>
      parts.flatMap((part, p) =>
        columns.map((j) => ({ sum: `a${s}_${i}_${p}_${j}`, s, i, p, part, j }))
      )
    )
  );
  const kept = taps.slice(0, Math.max(0, TAPS - STRIDE)), fresh = taps.slice(kept.length);
  /** Loads tap s of the window whose first tap is over column `at`. */
  const load = (s: number) =>
    `{
      let column = u32(at + ${s});
      let inside = column < u.in_width;
      let pixel = image_row + min(column, u.in_width - 1u) * u.channels;
      ${groups.map((i) => `w${s}_${i} = select(X(), X(x[pixel + c${i}]), inside);`).join("\n")}
    }`;
  const multiply = sums.map(({ sum, s, i, part, j }) =>
    `${sum} = fma(Y(w${s}_${i}${part}), y${j}, ${sum});`
  );
  const shift = kept.flatMap((s) => groups.map((i) => `w${s}_${i} = w${s + STRIDE}_${i};`));
  return /* wgsl */ `
alias X = ${BY_X === 4 ? "vec4f" : "f32"};
alias Y = ${BY_Y === 4 ? "vec4f" : "f32"};

${SLICED_ENTRY}
  let channel_block = rest % u.channel_blocks;
  rest /= u.channel_blocks;
  let tap = (rest % u.tap_blocks) * TAPS;
  rest /= u.tap_blocks;
  let r = rest % u.filter_height;
  let slice = rest / u.filter_height;

  // Neighboring threads read neighboring groups; beyond the end, the last one, and keep nothing.
  ${
    groups.map((i) => `let c${i} = min(channel_block + ${i}u * u.channel_blocks, u.channels - 1u);`)
      .join("\n")
  }
  ${
    columns.map((j) => `let o${j} = min(column_block + ${j}u * u.column_blocks, u.columns - 1u);`)
      .join("\n")
  }
  ${taps.map((s) => groups.map((i) => `var w${s}_${i} = X();`).join(" ")).join("\n")}
  ${sums.map(({ sum }) => `var ${sum} = Y();`).join("\n")}

  let last = min((slice + 1u) * u.slice_rows, u.rows);
  for (var row = slice * u.slice_rows; row < last; row++) {
    let image = row / u.out_height;
    let y = (row - image * u.out_height) * u.stride + r - u.top;
    if (y < u.in_height) {
      let image_row = (image * u.in_height + y) * u.in_width * u.channels;
      var at = i32(tap) - i32(u.left);
      ${kept.map(load).join("\n")}
      let end = (row + 1u) * u.out_width * u.columns;
      for (var dy_pixel = row * u.out_width * u.columns; dy_pixel < end; dy_pixel += u.columns) {
        ${fresh.map(load).join("\n")}
        ${columns.map((j) => `let y${j} = Y(dy[dy_pixel + o${j}]);`).join("\n")}
        ${multiply.join("\n")}
        ${shift.join("\n")}
        at += i32(STRIDE);
      }
    }
  }

  let first_tap = (slice * u.filter_height + r) * u.filter_width + tap;
  ${
    sums.map(({ sum, s, i, p, j }) => `
  if (tap + ${s}u < u.filter_width && channel_block + ${i}u * u.channel_blocks < u.channels &&
      column_block + ${j}u * u.column_blocks < u.columns) {
    dw[(((first_tap + ${s}u) * u.channels + c${i}) * ${BY_X}u + ${p}u) * u.columns + o${j}] = ${sum};
  }`).join("")
  }
}`;
}

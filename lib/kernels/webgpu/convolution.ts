/**
 * Sums over windows, which the convolution and its gradient by the input have in common:
 *
 *     y[n, i·uh + oh, j·uw + ow, o] = Σ over a < taps_h, c, b < taps_w of
 *         x[n, i·sh + a − top, j·sw + b − left, c] · w[ah + a·dh, aw + b·dw, c, o]
 *
 * where x is 0 outside of the image. A thread sums a tile of `rows` × `pixels` of (i, j) by `columns` of
 * o in registers, with loops over a and c. A value of x is loaded once for all taps of its row.
 * Every sum is taken over (a, c, b) in this order, for all tiles.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { ConvolutionTile } from "./tiles.ts";
import { runProgram } from "./program.ts";
import { threadGrid } from "./threads.ts";
import { range, vectorType, vectorWidth } from "./tiles.ts";

/** The terms of the sum along one axis, height or width. */
export interface ConvolutionAxis {
  /** The number of outputs along the axis. */
  readonly count: number;
  /** Values of x between two outputs. */
  readonly stride: number;
  /** Zeros before the first value of x; negative if values are left out. */
  readonly before: number;
  /** The number of taps of the filter along the axis. */
  readonly taps: number;
  /** The row or column of w that is the first tap. */
  readonly firstTap: number;
  /** Rows or columns of w from one tap to the next. */
  readonly tapStep: number;
  /** The row or column of y of the first output. */
  readonly first: number;
  /** Rows or columns of y from one output to the next. */
  readonly step: number;
}

/** The tensors of a sum over windows. */
export interface Convolution {
  /** Images [n, h, w, cin]. */
  readonly x: tf.TensorInfo;
  /** Filters [kh, kw, cin, cout]. */
  readonly w: tf.TensorInfo;
  /** The tensor that the sums are written to, [n, yh, yw, cout]. */
  readonly y: tf.TensorInfo;
  readonly height: ConvolutionAxis;
  readonly width: ConvolutionAxis;
  /** Added to every sum: [cout]. */
  readonly bias?: tf.TensorInfo;
  /** Whether negative sums become 0. */
  readonly relu?: boolean;
}

/** Threads in a workgroup. */
const THREADS = 64;

/** Writes the sums to y. */
export function convolution(
  backend: WebGPUBackend,
  { x, w, y, height, width, bias, relu = false }: Convolution,
  { rows, pixels, columns }: ConvolutionTile,
): void {
  const [batch, inHeight, inWidth, channels] = x.shape;
  const [, yHeight, yWidth, outChannels] = y.shape;
  const by = vectorWidth(outChannels);
  const element = vectorType(by);
  const columnBlocks = Math.ceil(outChannels / columns);
  const tilesHigh = Math.ceil(height.count / rows), tilesWide = Math.ceil(width.count / pixels);
  const threads = batch * tilesHigh * tilesWide * columnBlocks;
  runProgram(backend, {
    name: "convolution",
    constants: {
      ROWS: rows,
      PIXELS: pixels,
      COLUMNS: columns / by,
      BY: by,
      TAPS: Math.max(1, width.taps),
      STRIDE: width.stride,
      BIAS: bias ? 1 : 0,
      RELU: relu ? 1 : 0,
    },
    inputs: {
      x,
      w: { tensor: w, element },
      ...(bias ? { bias: { tensor: bias, element } } : {}),
    },
    outputs: { y: { tensor: y, element } },
    uniforms: {
      threads,
      column_blocks: columnBlocks,
      tiles_wide: tilesWide,
      tiles_high: tilesHigh,
      in_height: inHeight,
      in_width: inWidth,
      channels,
      columns: outChannels / by,
      filter_width: w.shape[1],
      taps_high: width.taps > 0 ? height.taps : 0,
      stride_high: height.stride,
      top: height.before >>> 0,
      left: width.before >>> 0,
      tap_row: height.firstTap,
      tap_row_step: height.tapStep >>> 0,
      tap_column: width.firstTap,
      tap_column_step: width.tapStep >>> 0,
      count_high: height.count,
      count_wide: width.count,
      y_height: yHeight,
      y_width: yWidth,
      y_row: height.first,
      y_row_step: height.step,
      y_column: width.first,
      y_column_step: width.step,
    },
    wgsl,
    workgroups: threadGrid(backend, threads),
  });
}

/** The WGSL for a tile, with unrolled loops and a variable for each sum. */
function wgsl(constants: Readonly<Record<string, number>>): string {
  const { ROWS, PIXELS, COLUMNS, BY, TAPS, STRIDE, BIAS, RELU } = constants;
  const rows = range(ROWS), pixels = range(PIXELS), columns = range(COLUMNS), taps = range(TAPS);
  const window = range((PIXELS - 1) * STRIDE + TAPS);
  const lines = (parts: string[]) => parts.join("\n");
  const sums = rows.flatMap((p) =>
    pixels.flatMap((q) => columns.map((j) => ({ sum: `s${p}_${q}_${j}`, p, q, j })))
  );
  const biased = BIAS ? "sums[k] + Y(bias[o])" : "sums[k]";
  return /* wgsl */ `
alias Y = ${BY === 4 ? "vec4f" : "f32"};

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  // Read once: in a loop, a software adapter reads a uniform again for every thread.
  let channels = u.channels;
  let columns = u.columns;
  let column_blocks = u.column_blocks;
  let in_height = u.in_height;
  let in_width = u.in_width;
  let stride_high = u.stride_high;
  let count_high = u.count_high;
  let count_wide = u.count_wide;
  let taps_high = u.taps_high;
  let top = u.top;
  let first_tap_row = u.tap_row * u.filter_width + u.tap_column;
  let tap_row_step = u.tap_row_step * u.filter_width;
  let tap_column_step = u.tap_column_step;
  let y_step = vec2u(u.y_row_step * u.y_width, u.y_column_step) * columns;
  let y_first = (u.y_row * u.y_width + u.y_column) * columns;
  let y_image = u.y_height * u.y_width * columns;
  // Beyond the end, a thread does what the last one does, and keeps nothing.
  let number = (group.y * groups.x + group.x) * ${THREADS}u + lane;
  let thread = min(number, u.threads - 1u);
  let block = thread % column_blocks;
  var rest = thread / column_blocks;
  let j0 = (rest % u.tiles_wide) * PIXELS;
  rest /= u.tiles_wide;
  let i0 = (rest % u.tiles_high) * ROWS;
  let image = rest / u.tiles_high;

  // Neighboring threads read neighboring columns; beyond the end, the last one, and keep nothing.
  ${lines(columns.map((j) => `let o${j} = min(block + ${j}u * column_blocks, columns - 1u);`))}
  // What is left of the image wraps around to a large number, so one comparison tests both sides.
  ${
    lines(window.map((q) => `
  let column${q} = j0 * STRIDE + ${q}u - u.left;
  let column_inside${q} = column${q} < in_width;
  let column_at${q} = min(column${q}, in_width - 1u) * channels;`))
  }
  ${lines(sums.map(({ sum }) => `var ${sum} = Y();`))}

  for (var a = 0u; a < taps_high; a++) {
    ${
    lines(rows.map((p) => `
    let row${p} = (i0 + ${p}u) * stride_high + a - top;
    let row_inside${p} = row${p} < in_height;
    var row_at${p} = (image * in_height + min(row${p}, in_height - 1u)) * in_width * channels;`))
  }
    let tap_row = first_tap_row + a * tap_row_step;
    ${
    lines(
      taps.map((b) => `var tap${b} = (tap_row + ${b}u * tap_column_step) * channels * columns;`),
    )
  }
    for (var c = 0u; c < channels; c++) {
      ${lines(taps.flatMap((b) => columns.map((j) => `let w${b}_${j} = Y(w[tap${b} + o${j}]);`)))}
      ${
    lines(rows.map((p) =>
      `{
        ${
        lines(window.map((q) =>
          `let x${q} = select(0.0, f32(x[row_at${p} + column_at${q}]), row_inside${p} && column_inside${q});`
        ))
      }
        ${
        lines(pixels.flatMap((q) =>
          columns.flatMap((j) =>
            taps.map((b) => {
              const sum = `s${p}_${q}_${j}`;
              return `${sum} = fma(Y(x${q * STRIDE + b}), w${b}_${j}, ${sum});`;
            })
          )
        ))
      }
        row_at${p}++;
      }`
    ))
  }
      ${lines(taps.map((b) => `tap${b} += columns;`))}
    }
  }

  var sums = array<Y, ${sums.length}>(${sums.map(({ sum }) => sum).join(", ")});
  // A loop, for a store of its own for each sum takes longer to compile than all that is above.
  var k = 0u;
  for (var p = 0u; p < ROWS; p++) {
    for (var q = 0u; q < PIXELS; q++) {
      let keep = number == thread && i0 + p < count_high && j0 + q < count_wide;
      let pixel = image * y_image + y_first + (i0 + p) * y_step.x + (j0 + q) * y_step.y;
      for (var o = block; o < block + COLUMNS * column_blocks; o += column_blocks) {
        if (keep && o < columns) {
          let value = ${biased};
          y[pixel + o] = y_element(${RELU ? "select(value, Y(), value < Y())" : "value"});
        }
        k++;
      }
    }
  }
}`;
}

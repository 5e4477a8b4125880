/**
 * The gradients of conv2d on wasm, as forward convolutions.
 *
 *     ∂L/∂w [kh, kw, cin, cout] = Σ_n,i,j x[n, i·s + kh − p, j·s + kw − p, cin] · dy[n, i, j, cout]
 *     ∂L/∂x [n, h, w, cin]      = Σ_kh,kw,cout dy[n, (h + p − kh)/s, (w + p − kw)/s, cout] · w[kh, kw, cin, cout]
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** What a kernel is given of the forward convolution. */
export interface ConvAttrs {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

type Shape4D = [number, number, number, number];

function geometry(
  xShape: Shape4D,
  wShape: Shape4D,
  attrs: ConvAttrs,
): tf.backend_util.Conv2DInfo {
  if (attrs.dataFormat === "NCHW") throw new Error("wasm convolutions are NHWC");
  const { strides, pad, dimRoundingMode } = attrs;
  return tf.backend_util.computeConv2DInfo(xShape, wShape, strides, 1, pad, dimRoundingMode);
}

/** The taps of one axis that meet the rows ≡ r modulo the stride, and the padding of dy they need. */
function residue(r: number, kernel: number, stride: number, pad: number, x: number, y: number) {
  const first = (r + pad) % stride;
  const shift = Math.floor((r + pad) / stride);
  const taps = Math.max(0, Math.ceil((kernel - first) / stride));
  const before = taps - 1 - shift;
  return { first, taps, before, after: Math.ceil(x / stride) - y + shift };
}

/** Pads by `before` and `after` rows and columns; a negative number cuts. */
function padOrCut(t: tf.Tensor4D, rows: [number, number], columns: [number, number]): tf.Tensor4D {
  const [n, h, w, c] = t.shape;
  const cut = ([a, b]: [number, number]) => [Math.max(0, -a), Math.max(0, -b)];
  const [top, bottom] = cut(rows), [left, right] = cut(columns);
  return tf.slice4d(t, [0, top, left, 0], [n, h - top - bottom, w - left - right, c])
    .pad([
      [0, 0],
      [Math.max(0, rows[0]), Math.max(0, rows[1])],
      [Math.max(0, columns[0]), Math.max(0, columns[1])],
      [0, 0],
    ]);
}

/** ∂L/∂x: one convolution per residue of rows and columns modulo the stride, interleaved. */
export function conv2dInputGradient(
  dy: tf.Tensor4D,
  w: tf.Tensor4D,
  xShape: Shape4D,
  attrs: ConvAttrs,
): tf.Tensor4D {
  const info = geometry(xShape, w.shape, attrs);
  const [n, height, width, cin] = xShape;
  const [kh, kw, , cout] = w.shape;
  const { strideHeight: sh, strideWidth: sw, padInfo } = info;
  const [qh, qw] = [Math.ceil(height / sh), Math.ceil(width / sw)];
  const taps = tf.unstack(tf.transpose(w.reshape([kh * kw, cin, cout]), [0, 2, 1]));
  const rows = Array.from({ length: sh }, (_, r) => {
    const a = residue(r, kh, sh, padInfo.top, height, info.outHeight);
    const columns = Array.from({ length: sw }, (_, q) => {
      const b = residue(q, kw, sw, padInfo.left, width, info.outWidth);
      if (a.taps * b.taps === 0) return tf.zeros<tf.Rank.R4>([n, qh, qw, cin]);
      const chosen = Array.from(
        { length: a.taps * b.taps },
        (_, t) =>
          taps[
            (a.first + sh * (a.taps - 1 - Math.floor(t / b.taps))) * kw +
            b.first + sw * (b.taps - 1 - t % b.taps)
          ],
      );
      const filter = tf.stack(chosen).reshape<tf.Tensor4D>([a.taps, b.taps, cout, cin]);
      return tf.conv2d(padOrCut(dy, [a.before, a.after], [b.before, b.after]), filter, 1, "valid");
    });
    return sw === 1 ? columns[0].expandDims(3) : tf.stack(columns, 3);
  });
  const full = tf.stack(rows, 2).reshape<tf.Tensor3D>([n, qh * sh, qw * sw * cin]);
  return full.slice([0, 0, 0], [n, height, width * cin]).reshape(xShape);
}

/** ∂L/∂w: a convolution that sums over the images, so batch and channels change places. */
export function conv2dFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  wShape: Shape4D,
  attrs: ConvAttrs,
): tf.Tensor4D {
  const info = geometry(x.shape, wShape, attrs);
  const { strideHeight: sh, strideWidth: sw, padInfo: { top, left } } = info;
  const bottom = (info.outHeight - 1) * sh + wShape[0] - x.shape[1] - top;
  const right = (info.outWidth - 1) * sw + wShape[1] - x.shape[2] - left;
  const image = padOrCut(tf.transpose(x, [3, 1, 2, 0]), [top, bottom], [left, right]);
  const filter = tf.transpose(dy, [1, 2, 0, 3]);
  return tf.transpose(tf.conv2d(image, filter, 1, "valid", "NHWC", [sh, sw]), [1, 2, 0, 3]);
}

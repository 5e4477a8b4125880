/**
 * Puts this folder's kernels in place of the wasm backend's, or where it has none.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type ConvAttrs, convGeometry } from "../conv_geometry.ts";
import { convolve, filterGradient } from "./conv2d.ts";
import { inputGradient } from "./conv2d_input_gradient.ts";
import { gather, pad, segmentSum, slice, tile } from "./copy.ts";
import { depthwiseFilterGradient, depthwiseInputGradient } from "./depthwise_gradients.ts";
import { Heap } from "./heap.ts";
import { matMul } from "./mat_mul.ts";
import { reduce } from "./reduce.ts";

type Shape4D = [number, number, number, number];
type Inputs = Record<string, tf.TensorInfo>;
/** Gives undefined where the backend's own kernel is to run. */
type Kernel<A> = (heap: Heap, inputs: Inputs, attrs: A) => tf.TensorInfo | undefined;

let registered = false;

/** Registers the kernels on the backend `wasm`, once; to be called before it is first used. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  const convolution: Kernel<ConvAttrs & Fused> = (heap, { x, filter, bias }, attrs) => {
    const info = convGeometry(x.shape, filter.shape, attrs);
    if (info.dilationHeight * info.dilationWidth !== 1 || !isPlain(attrs)) return;
    return convolve(heap, x, filter, info, bias);
  };
  replace("Conv2D", convolution);
  replace("FusedConv2D", convolution);
  replace<ConvAttrs & { filterShape: Shape4D }>(
    "Conv2DBackpropFilter",
    (heap, { x, dy }, attrs) =>
      isPlain(attrs)
        ? filterGradient(heap, x, dy, convGeometry(x.shape, attrs.filterShape, attrs))
        : undefined,
  );
  replace<ConvAttrs & { inputShape: Shape4D }>(
    "Conv2DBackpropInput",
    (heap, { dy, filter }, attrs) =>
      isPlain(attrs)
        ? inputGradient(heap, dy, filter, convGeometry(attrs.inputShape, filter.shape, attrs))
        : undefined,
  );

  replace<ConvAttrs & { filterShape: Shape4D }>(
    "DepthwiseConv2dNativeBackpropFilter",
    (heap, { x, dy }, attrs) =>
      depthwiseFilterGradient(heap, x, dy, convGeometry(x.shape, attrs.filterShape, attrs, true)),
  );
  replace<ConvAttrs & { inputShape: Shape4D }>(
    "DepthwiseConv2dNativeBackpropInput",
    (heap, { dy, filter }, attrs) =>
      depthwiseInputGradient(
        heap,
        dy,
        filter,
        convGeometry(attrs.inputShape, filter.shape, attrs, true),
      ),
  );

  const product: Kernel<{ transposeA: boolean; transposeB: boolean } & Fused> = (
    heap,
    { a, b, bias },
    attrs,
  ) => {
    const batches = [a, b].map(({ shape }) => tf.util.sizeFromShape(shape.slice(0, -2)));
    if (batches[0] !== batches[1] && Math.min(...batches) !== 1) return;
    if (a.dtype !== "float32" || b.dtype !== "float32" || !isPlain(attrs)) return;
    // XNNPACK, which the backend takes here, is as fast.
    if (!attrs.transposeA && !attrs.transposeB && Math.max(...batches) === 1) return;
    return matMul(heap, a, b, attrs, bias);
  };
  replace("BatchMatMul", product);
  replace("_FusedMatMul", product);

  interface Axes {
    axis: number | number[];
    keepDims: boolean;
  }
  replace<Axes>("Sum", (heap, { x }, a) => reduce(heap, x, a.axis, a.keepDims, "sum"));
  replace<Axes>("Mean", (heap, { x }, a) => reduce(heap, x, a.axis, a.keepDims, "mean"));

  // The backend copies for both, also where nothing is cast: layers and gradients clone a lot.
  replace("Identity", (heap, { x }) => heap.share(x));
  replace<{ dtype: tf.DataType }>(
    "Cast",
    (heap, { x }, { dtype }) => x.dtype === dtype ? heap.share(x) : undefined,
  );

  replace<{ begin: number | number[]; size: number | number[] }>(
    "Slice",
    (heap, { x }, { begin, size }) => slice(heap, x, begin, size),
  );
  replace<{ paddings: [number, number][]; constantValue: number }>(
    "PadV2",
    (heap, { x }, { paddings, constantValue }) => pad(heap, x, paddings, constantValue),
  );
  replace<{ reps: number[] }>("Tile", (heap, { x }, { reps }) => tile(heap, x, reps));
  replace<{ axis: number; batchDims: number }>(
    "GatherV2",
    (heap, { x, indices }, { axis, batchDims }) =>
      batchDims ? undefined : gather(heap, x, indices, axis),
  );
  replace<{ numSegments: number }>(
    "UnsortedSegmentSum",
    (heap, { x, segmentIds }, { numSegments }) => segmentSum(heap, x, segmentIds, numSegments),
  );
}

/** Activation and layout of a fused kernel. */
interface Fused {
  readonly activation?: string;
  readonly dataFormat?: string;
}

function isPlain({ activation = "linear", dataFormat = "NHWC" }: Fused): boolean {
  return activation === "linear" && dataFormat === "NHWC";
}

function replace<A>(kernelName: string, kernel: Kernel<A>): void {
  const stock = tf.getKernel(kernelName, "wasm");
  if (stock) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    ...stock,
    kernelName,
    backendName: "wasm",
    kernelFunc: (call) => {
      const heap = Heap.of(call.backend);
      const output = kernel(heap, call.inputs as Inputs, call.attrs as A);
      if (output) return output;
      if (!stock) throw new Error(`${kernelName} is not there for these inputs on wasm`);
      return stock.kernelFunc(call);
    },
  });
}

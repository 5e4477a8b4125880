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
/** A kernel; gives undefined where the backend's own is to run. */
export type Kernel<A> = (heap: Heap, inputs: Inputs, attrs: A) => tf.TensorInfo | undefined;

/** Attributes of sums and means. */
interface Axes {
  axis: number | number[];
  keepDims: boolean;
}

const convolution: Kernel<ConvAttrs & Fused> = (heap, { x, filter, bias }, attrs) => {
  const info = convGeometry(x.shape, filter.shape, attrs);
  if (info.dilationHeight * info.dilationWidth !== 1 || !isPlain(attrs)) return;
  return convolve(heap, x, filter, info, bias);
};

const product: Kernel<{ transposeA: boolean; transposeB: boolean } & Fused> = (
  heap,
  { a, b, bias },
  attrs,
) => {
  const batches = [a, b].map(({ shape }) => tf.util.sizeFromShape(shape.slice(0, -2)));
  if (batches[0] !== batches[1] && Math.min(...batches) !== 1) return;
  const { activation = "linear" } = attrs;
  if (a.dtype !== "float32" || b.dtype !== "float32") return;
  if (activation !== "linear" && activation !== "relu") return;
  // XNNPACK, which the backend takes here, is as fast.
  if (!attrs.transposeA && !attrs.transposeB && Math.max(...batches) === 1) return;
  // With a side transposed, the backend's own cuts at 0 within the sums, and mixes up the bias.
  const out = matMul(heap, a, b, attrs, bias);
  if (activation === "relu") heap.relu(out);
  return out;
};

/** The kernels of this folder by the names they are registered by. */
export const WASM_KERNELS: Readonly<Record<string, Kernel<never>>> = {
  Conv2D: convolution,
  FusedConv2D: convolution,
  Conv2DBackpropFilter: (heap, { x, dy }, attrs: ConvAttrs & { filterShape: Shape4D }) =>
    isPlain(attrs)
      ? filterGradient(heap, x, dy, convGeometry(x.shape, attrs.filterShape, attrs))
      : undefined,
  Conv2DBackpropInput: (heap, { dy, filter }, attrs: ConvAttrs & { inputShape: Shape4D }) =>
    isPlain(attrs)
      ? inputGradient(heap, dy, filter, convGeometry(attrs.inputShape, filter.shape, attrs))
      : undefined,
  DepthwiseConv2dNativeBackpropFilter: (
    heap,
    { x, dy },
    attrs: ConvAttrs & { filterShape: Shape4D },
  ) => depthwiseFilterGradient(heap, x, dy, convGeometry(x.shape, attrs.filterShape, attrs, true)),
  DepthwiseConv2dNativeBackpropInput: (
    heap,
    { dy, filter },
    attrs: ConvAttrs & { inputShape: Shape4D },
  ) =>
    depthwiseInputGradient(
      heap,
      dy,
      filter,
      convGeometry(attrs.inputShape, filter.shape, attrs, true),
    ),
  BatchMatMul: product,
  _FusedMatMul: product,
  Sum: (heap, { x }, { axis, keepDims }: Axes) => reduce(heap, x, axis, keepDims, "sum"),
  Mean: (heap, { x }, { axis, keepDims }: Axes) => reduce(heap, x, axis, keepDims, "mean"),

  // The backend copies for both, also where nothing is cast: layers and gradients clone a lot.
  Identity: (heap, { x }) => heap.share(x),
  Cast: (heap, { x }, { dtype }: { dtype: tf.DataType }) =>
    x.dtype === dtype ? heap.share(x) : undefined,

  Slice: (heap, { x }, { begin, size }: { begin: number | number[]; size: number | number[] }) =>
    slice(heap, x, begin, size),
  PadV2: (
    heap,
    { x },
    { paddings, constantValue }: { paddings: [number, number][]; constantValue: number },
  ) => pad(heap, x, paddings, constantValue),
  Tile: (heap, { x }, { reps }: { reps: number[] }) => tile(heap, x, reps),
  GatherV2: (heap, { x, indices }, { axis, batchDims }: { axis: number; batchDims: number }) =>
    batchDims ? undefined : gather(heap, x, indices, axis),
  UnsortedSegmentSum: (heap, { x, segmentIds }, { numSegments }: { numSegments: number }) =>
    segmentSum(heap, x, segmentIds, numSegments),
};

let registered = false;

/** Registers the kernels on the backend `wasm`, once; to be called before it is first used. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  for (const [name, kernel] of Object.entries(WASM_KERNELS)) replaceKernel(name, kernel);
}

/** Activation and layout of a fused kernel. */
interface Fused {
  readonly activation?: string;
  readonly dataFormat?: string;
}

function isPlain({ activation = "linear", dataFormat = "NHWC" }: Fused): boolean {
  return activation === "linear" && dataFormat === "NHWC";
}

/** Registers one kernel, before the stock one where there is one. */
export function replaceKernel(kernelName: string, kernel: Kernel<never>): void {
  const stock = tf.getKernel(kernelName, "wasm");
  if (stock) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    ...stock,
    kernelName,
    backendName: "wasm",
    kernelFunc: (call) => {
      const heap = Heap.of(call.backend);
      const output = kernel(heap, call.inputs as Inputs, call.attrs as never);
      if (output) return output;
      if (!stock) throw new Error(`${kernelName} is not there for these inputs on wasm`);
      return stock.kernelFunc(call);
    },
  });
}

/**
 * Puts this folder's kernels in place of the wasm backend's, or where it has none.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type ConvInfo, convolve, filterGradient } from "./conv2d.ts";
import { inputGradient } from "./conv2d_input_gradient.ts";
import { Heap } from "./heap.ts";

type Shape4D = [number, number, number, number];

/** The attributes of a convolution's kernels. */
interface ConvAttrs {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

function geometry(x: number[], w: number[], attrs: ConvAttrs): ConvInfo {
  const { strides, pad, dimRoundingMode, dilations = 1 } = attrs;
  return tf.backend_util.computeConv2DInfo(
    x as Shape4D,
    w as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
}

type Inputs = Record<string, tf.TensorInfo>;
/** Gives undefined where the backend's own kernel is to run. */
type Kernel<A> = (heap: Heap, inputs: Inputs, attrs: A) => tf.TensorInfo | undefined;

let registered = false;

/** Registers the kernels on the backend `wasm`, once; to be called before it is first used. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  replace<ConvAttrs>("Conv2D", (heap, { x, filter }, attrs) => {
    const info = geometry(x.shape, filter.shape, attrs);
    if (info.dilationHeight * info.dilationWidth !== 1) return;
    return convolve(heap, x, filter, info);
  });
  replace<ConvAttrs & { filterShape: Shape4D }>(
    "Conv2DBackpropFilter",
    (heap, { x, dy }, attrs) =>
      filterGradient(heap, x, dy, geometry(x.shape, attrs.filterShape, attrs)),
  );
  replace<ConvAttrs & { inputShape: Shape4D }>(
    "Conv2DBackpropInput",
    (heap, { dy, filter }, attrs) =>
      inputGradient(heap, dy, filter, geometry(attrs.inputShape, filter.shape, attrs)),
  );
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

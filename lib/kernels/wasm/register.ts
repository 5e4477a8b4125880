/**
 * Puts this folder's kernels in place of the wasm backend's, or where it has none.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { conv2dFilterGradient, conv2dInputGradient, type ConvAttrs } from "./conv2d_gradients.ts";

type Shape4D = [number, number, number, number];

let registered = false;

/** Registers the kernels on the backend `wasm`, once. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  replace("Conv2DBackpropFilter", ({ x, dy }, attrs) => {
    const { filterShape, ...rest } = attrs as ConvAttrs & { filterShape: Shape4D };
    return conv2dFilterGradient(x as tf.Tensor4D, dy as tf.Tensor4D, filterShape, rest);
  });
  replace("Conv2DBackpropInput", ({ dy, filter }, attrs) => {
    const { inputShape, ...rest } = attrs as ConvAttrs & { inputShape: Shape4D };
    return conv2dInputGradient(dy as tf.Tensor4D, filter as tf.Tensor4D, inputShape, rest);
  });
}

function replace(
  kernelName: string,
  run: (inputs: Record<string, tf.Tensor>, attrs: unknown) => tf.Tensor,
): void {
  const backendName = "wasm";
  if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => run(inputs as Record<string, tf.Tensor>, attrs)),
  });
}

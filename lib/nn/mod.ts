/**
 * Layers, blocks and networks on TensorFlow.js layers, with PyTorch's padding, batch norm and first
 * weights. Models are stock: save them with `model.save` and load them with any TensorFlow.js.
 *
 * @example Features of a small network
 * ```ts
 * import { convNet } from "@tauplus/tauplus/nn";
 * import { rng } from "@tauplus/tauplus";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const model = convNet(1, [{ width: 16, stride: 1 }, { width: 32, stride: 2 }], rng(0));
 * const features = model.apply(tf.zeros([2, 28, 28, 1])); // [2, 32]
 * console.log(features);
 * ```
 *
 * @module
 */
export { AdaptiveAveragePool } from "./pools.ts";
export * from "./batch_norm.ts";
export {
  applyLayer,
  batchNorm,
  batchNormAddRelu,
  batchNormRelu,
  conv2d,
  type ConvOptions,
  globalAveragePool,
  imageChannels,
  maxPool,
  relu,
} from "./conv.ts";
export * from "./conv_net.ts";
export * from "./initialize.ts";
export * from "./projection_head.ts";
export * from "./resnet.ts";
export { namedWeights, trainableWeights } from "./weights.ts";

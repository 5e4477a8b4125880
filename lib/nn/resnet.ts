/**
 * Residual networks (He et al. 2016, arXiv:1512.03385) as torchvision builds them, with its names
 * for the layers: `conv1`, `bn1`, `layer1.0.conv1`, `layer2.0.downsample.0` …
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Rng } from "../random.ts";
import {
  batchNorm,
  batchNormAddRelu,
  batchNormRelu,
  conv2d,
  globalAveragePool,
  maxPool,
} from "./conv.ts";
import { initialize } from "./initialize.ts";

/** `basic`: two 3×3. `bottleneck`: 1×1, 3×3 (which has the stride, "v1.5"), 1×1 of 4× the width. */
export type Block = "basic" | "bottleneck";

/**
 * `small`: 3×3 at stride 1, for images of 32×32, with the first weights of the reference's.
 * `imagenet`: 7×7 at stride 2, then max-pool, as torchvision has it.
 */
export type Stem = "small" | "imagenet";

/** The shape of a residual network. */
export interface ResNetOptions {
  /** The kind of block. */
  readonly block: Block;
  /** The number of blocks of each stage; stage i has width 64·2ⁱ. */
  readonly depths: readonly number[];
  /** The first layers. */
  readonly stem: Stem;
  /** Channels of the images. */
  readonly channels: number;
}

/**
 * The length of the features of {@linkcode resnet}.
 *
 * @example ResNet-18 and ResNet-50
 * ```ts
 * import { resnetDim } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(resnetDim({ block: "basic", depths: [2, 2, 2, 2] }), 512);
 * assertEquals(resnetDim({ block: "bottleneck", depths: [3, 4, 6, 3] }), 2048);
 * ```
 */
export function resnetDim({ block, depths }: Pick<ResNetOptions, "block" | "depths">): number {
  return 64 * 2 ** (depths.length - 1) * EXPANSION[block];
}

/**
 * A residual network: images of any size [b, h, w, channels] → features [b, dim].
 *
 * @example Two stages for small images
 * ```ts
 * import { rng } from "@tauplus/tauplus";
 * import { resnet, resnetDim } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const shape = { block: "basic", depths: [1, 1] } as const;
 * const model = resnet({ ...shape, stem: "small", channels: 3 }, rng(0));
 * assertEquals(model.outputShape, [null, resnetDim(shape)]);
 * assertEquals(model.layers.at(-1)?.name, "avgpool");
 * ```
 */
export function resnet(options: ResNetOptions, random: Rng): tf.LayersModel {
  const { block, depths, stem, channels } = options;
  const input = tf.input({ shape: [null, null, channels], name: "image" });
  let x = stem === "small"
    ? conv2d(input, { name: "conv1", filters: 64, kernelSize: 3 })
    : conv2d(input, { name: "conv1", filters: 64, kernelSize: 7, stride: 2 });
  x = batchNormRelu(x, "bn1", "relu");
  if (stem === "imagenet") x = maxPool(x, "maxpool");
  depths.forEach((depth, stage) => {
    for (let index = 0; index < depth; index++) {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      x = residual(x, `layer${stage + 1}.${index}`, block, 64 * 2 ** stage, stride);
    }
  });
  const model = tf.model({ inputs: input, outputs: globalAveragePool(x, "avgpool") });
  // The reference puts a new Conv2d in the place of torchvision's first, after torchvision has drawn
  // its weights, so that this one keeps PyTorch's default.
  initialize(model, random, stem === "small" ? ["conv1"] : []);
  return model;
}

const EXPANSION = { basic: 1, bottleneck: 4 } as const;

function residual(
  x: tf.SymbolicTensor,
  name: string,
  block: Block,
  width: number,
  stride: number,
): tf.SymbolicTensor {
  const filters = width * EXPANSION[block];
  const convs = block === "basic"
    ? [{ filters: width, kernelSize: 3, stride }, { filters: width, kernelSize: 3 }]
    : [
      { filters: width, kernelSize: 1 },
      { filters: width, kernelSize: 3, stride },
      { filters, kernelSize: 1 },
    ];
  const last = convs.length - 1;
  let branch = x;
  convs.forEach((conv, i) => {
    branch = conv2d(branch, { name: `${name}.conv${i + 1}`, ...conv });
    if (i === last) return;
    branch = batchNormRelu(branch, `${name}.bn${i + 1}`, `${name}.relu${i + 1}`);
  });
  let shortcut = x;
  if (stride !== 1 || x.shape[3] !== filters) {
    shortcut = conv2d(x, { name: `${name}.downsample.0`, filters, kernelSize: 1, stride });
    shortcut = batchNorm(shortcut, `${name}.downsample.1`);
  }
  const names = ["bn", "relu"].map((kind) => `${name}.${kind}${convs.length}`);
  return batchNormAddRelu([branch, shortcut], names[0], `${name}.add`, names[1]);
}

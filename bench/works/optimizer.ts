/**
 * A step of an optimizer on the parameters of ResNet-18 and its projection head.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { makeOptimizer } from "../../lib/train/optimizer.ts";
import type { Comparison, Work } from "../support/paired.ts";

/** ResNet-18 for small images, 512 → 512 → 128 behind it: 65 tensors of 11.5 million numbers. */
function resnet18Shapes(): number[][] {
  const normalized = (kernel: number[]) => [kernel, [kernel[3]], [kernel[3]]];
  const shapes = normalized([3, 3, 3, 64]);
  let from = 64;
  for (const to of [64, 128, 256, 512]) {
    shapes.push(...normalized([3, 3, from, to]), ...normalized([3, 3, to, to]));
    if (from !== to) shapes.push(...normalized([1, 1, from, to]));
    shapes.push(...normalized([3, 3, to, to]), ...normalized([3, 3, to, to]));
    from = to;
  }
  return [...shapes, [512, 512], [512], [512], [512, 128], [128]];
}

function stepOf(optimizer: "adam" | "sgd" | "lars"): Work {
  return () => {
    const parameters = new Map(
      resnet18Shapes().map((shape, i) =>
        [`${i}`, tf.tidy(() => tf.variable(tf.ones(shape)))] as const
      ),
    );
    const grads = Object.fromEntries(
      Array.from(parameters.values(), (weight) => [weight.name, tf.fill(weight.shape, 0.1)]),
    );
    const rule = makeOptimizer(parameters, { optimizer, weightDecay: 1e-6, momentum: 0.9 });
    return () => rule.step(grads, 1e-3);
  };
}

/** Adam, SGD with momentum and LARS. */
export const comparisons: Comparison[] = (["adam", "sgd", "lars"] as const).map((name) => ({
  what: `${name} step, ResNet-18's 65 tensors of 11.5 million numbers`,
  stock: stepOf(name),
  ours: stepOf(name),
}));

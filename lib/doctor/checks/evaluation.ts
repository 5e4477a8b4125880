/**
 * What the probes compute on the device.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { nearestOfRows } from "../../evaluate/nearest.ts";
import { regression } from "../../evaluate/softmax.ts";
import { rng } from "../../random.ts";
import type { KernelCheck } from "../kernel_check.ts";
import { normal } from "../kernel_check.ts";

const GROUP = "probes";

/** Features, classes and examples of the regression. */
const DIM = 13, CLASSES = 10, EXAMPLES = 600;

export const checks: readonly KernelCheck[] = [
  {
    group: GROUP,
    name: "nearest neighbors: the 20 largest of rows of 3,001",
    kernels: { webgpu: ["TopCandidates"] },
    tolerance: 0,
    compute: async () => {
      const nearest = await nearestOfRows(tf, normal<tf.Rank.R2>(1, [5, 3001]), 20);
      return nearest.flatMap(({ columns, values }) => [tf.tensor1d(columns), tf.tensor1d(values)]);
    },
  },
  {
    group: GROUP,
    name: "softmax regression, and its gradient",
    kernels: { webgpu: ["SoftmaxRegression"] },
    tolerance: 1e-5,
    compute: () => {
      const random = rng(2);
      const examples = regression(tf, {
        x: normal<tf.Rank.R2>(1, [EXAMPLES, DIM]),
        labels: Int32Array.from({ length: EXAMPLES }, () => random.int(CLASSES)),
        classes: CLASSES,
      }, Int32Array.from(random.permutation(EXAMPLES)));
      const weights = normal<tf.Rank.R2>(3, [DIM + 1, CLASSES]);
      const found = [examples.gradientAt(weights), examples.gradientAt(weights, 7, 33)];
      examples.dispose();
      return found.flatMap(({ loss, gradient }) => [loss, gradient]);
    },
  },
];

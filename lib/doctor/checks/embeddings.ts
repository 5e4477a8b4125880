/**
 * What is computed of embeddings: the contrastive losses and their gradients, at a mild and at a low
 * temperature, and what the probes compute on the device.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { nearestOfRows } from "../../evaluate/nearest.ts";
import { regression } from "../../evaluate/softmax.ts";
import {
  familyClampRate,
  familyLoss,
  type FamilyMember,
} from "../../objectives/debiased_family.ts";
import { rng } from "../../random.ts";
import { type KernelCheck, normal, withGradients } from "../kernel_check.ts";

const LOSSES = "contrastive losses";

const KERNELS = { webgpu: ["ContrastRows", "ContrastRowsGrad"] };

/** Views, batch and dim. */
const SHAPES = [[2, 33, 12], [3, 22, 17]];

/** Loss and gradient of the family's member on unit rows, and its clamp rate. */
function member(form: FamilyMember): tf.Tensor[] {
  return SHAPES.flatMap(([views, batch, dim]) => {
    const drawn = normal<tf.Rank.R2>(8, [views * batch, dim]);
    const z = drawn.div<tf.Tensor2D>(drawn.norm(2, 1, true));
    const split = (z: tf.Tensor): tf.Tensor2D[] => tf.split(z.as2D(views * batch, dim), views);
    return [
      ...withGradients((z) => familyLoss(tf, split(z), form), [z]),
      familyClampRate(tf, split(z), form),
    ];
  });
}

/** Of each member, its loss and gradient. */
function check(name: string, members: readonly FamilyMember[]): KernelCheck {
  return {
    group: LOSSES,
    name: `${name}, and its gradient`,
    kernels: KERNELS,
    tolerance: 1e-4,
    compute: () => members.flatMap(member),
  };
}

export const lossChecks: readonly KernelCheck[] = [
  check("debiased loss", [
    { form: "debiased", temperature: 0.5, tauPlus: 0.1 },
    { form: "debiased", temperature: 1, tauPlus: 0.5 },
    { form: "debiased", temperature: 0.02, tauPlus: 0.1 },
  ]),
  check("biased and decoupled loss", [
    { form: "biased", temperature: 0.1 },
    { form: "decoupled", temperature: 0.1 },
  ]),
  check("loss of hard negatives", [
    { form: "debiased", temperature: 0.5, tauPlus: 0.1, beta: 0.7 },
  ]),
];

const PROBES = "probes";

/** Features, classes and examples of the regression. */
const DIM = 13, CLASSES = 10, EXAMPLES = 600;

export const probeChecks: readonly KernelCheck[] = [
  {
    group: PROBES,
    name: "nearest neighbors: the 20 largest of rows of 3,001",
    kernels: { webgpu: ["TopCandidates"] },
    tolerance: 0,
    compute: async () => {
      const nearest = await nearestOfRows(tf, normal<tf.Rank.R2>(1, [5, 3001]), 20);
      return nearest.flatMap(({ columns, values }) => [tf.tensor1d(columns), tf.tensor1d(values)]);
    },
  },
  {
    group: PROBES,
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

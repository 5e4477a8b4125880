/**
 * The contrastive losses and their gradients, at a mild and at a low temperature.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  familyClampRate,
  familyLoss,
  type FamilyMember,
} from "../../objectives/debiased_family.ts";
import type { KernelCheck } from "../kernel_check.ts";
import { normal, withGradients } from "../kernel_check.ts";

const GROUP = "contrastive losses";

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
    group: GROUP,
    name: `${name}, and its gradient`,
    kernels: KERNELS,
    tolerance: 1e-4,
    compute: () => members.flatMap(member),
  };
}

export const checks: readonly KernelCheck[] = [
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

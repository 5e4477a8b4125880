/**
 * The optimizer: applies an update rule to named parameters and holds the rule's slots.
 *
 * The rules are each for one parameter w with gradient g, learning rate η, weight decay λ, at step
 * t = 1, 2, …; PyTorch's formulas where PyTorch has the rule.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, type OptimizerAttributes, runKernel } from "../kernels/calls.ts";
import { copyOnWrite } from "../nn/weights.ts";
import type { TrainOptions } from "./options.ts";

/** What a rule needs besides weight, gradient and slots. */
interface StepConstants {
  /** η of this step. */
  readonly learningRate: number;
  /** λ. */
  readonly weightDecay: number;
  /** μ, of `sgd` and `lars`. */
  readonly momentum: number;
  /** t, counted from 1. */
  readonly t: number;
}

/** A rule: the names of its slots (moments), which start at 0, and one update. */
interface UpdateRule {
  readonly slots: readonly string[];
  /** The new weight, then the new slots; called within a `tf.tidy`. */
  update(
    weight: tf.Tensor,
    grad: tf.Tensor,
    slots: readonly tf.Tensor[],
    constants: StepConstants,
  ): tf.Tensor[];
  /** The attributes of the kernel `OptimizerStep`, which does the same in place on webgpu. */
  attributes(constants: StepConstants): OptimizerAttributes;
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;
const TRUST = 0.001;

/** Adam's step without weight decay: w − η·m̂/(√v̂ + ε), and the moments. */
function adamStep(
  weight: tf.Tensor,
  grad: tf.Tensor,
  [m0, v0]: readonly tf.Tensor[],
  { learningRate, t }: StepConstants,
): tf.Tensor[] {
  const m = m0.mul(BETA_1).add(grad.mul(1 - BETA_1));
  const v = v0.mul(BETA_2).add(grad.square().mul(1 - BETA_2));
  const denominator = v.sqrt().div(Math.sqrt(1 - BETA_2 ** t)).add(EPSILON);
  return [weight.sub(m.mul(learningRate / (1 - BETA_1 ** t)).div(denominator)), m, v];
}

/** The numbers of Adam's step that follows w ← shrink·w and adds decay·w to the gradient. */
function adamAttributes(
  { learningRate, t }: StepConstants,
  { shrink, decay }: { shrink: number; decay: number },
): OptimizerAttributes {
  return {
    rule: "adam",
    trust: 0,
    beta1: BETA_1,
    beta2: BETA_2,
    gain1: 1 - BETA_1, // in float32 it would be off by 5e-5
    gain2: 1 - BETA_2,
    epsilon: EPSILON,
    rate: learningRate / (1 - BETA_1 ** t),
    scale: Math.sqrt(1 - BETA_2 ** t),
    shrink,
    decay,
  };
}

/** Adam (Kingma & Ba 2015, arXiv:1412.6980); L2: λw is added to the gradient. */
const adam: UpdateRule = {
  slots: ["m", "v"],
  update: (weight, grad, slots, constants) =>
    adamStep(weight, grad.add(weight.mul(constants.weightDecay)), slots, constants),
  attributes: (constants) => adamAttributes(constants, { shrink: 1, decay: constants.weightDecay }),
};

/** AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101): first w ← w(1 − ηλ), then Adam's step. */
const adamw: UpdateRule = {
  slots: ["m", "v"],
  update: (weight, grad, slots, constants) =>
    adamStep(
      weight.mul(1 - constants.learningRate * constants.weightDecay),
      grad,
      slots,
      constants,
    ),
  attributes: (constants) =>
    adamAttributes(constants, {
      shrink: 1 - constants.learningRate * constants.weightDecay,
      decay: 0,
    }),
};

/** SGD: b ← μb + g + λw, w ← w − ηb. */
const sgd: UpdateRule = {
  slots: ["momentum"],
  update: (weight, grad, [b0], { learningRate, weightDecay, momentum }) => {
    const b = b0.mul(momentum).add(grad.add(weight.mul(weightDecay)));
    return [weight.sub(b.mul(learningRate)), b];
  },
  attributes: ({ learningRate, weightDecay, momentum }) => ({
    rule: "momentum",
    trust: 0,
    momentum,
    rate: learningRate,
    decay: weightDecay,
  }),
};

/**
 * LARS (You et al. 2017, arXiv:1708.03888) with PyTorch's momentum, as timm and lightly have it: with
 * the trust coefficient c = 0.001, b ← μb + c·‖w‖/(‖g‖ + λ‖w‖ + ε)·(g + λw), w ← w − ηb. The factor is
 * 1 where ‖w‖ or ‖g‖ is 0. As with SimCLR, biases and batch norm's weights (rank ≤ 1) get plain
 * momentum without decay. The paper's Algorithm 1 and SimCLR's code have η inside the buffer, which
 * is the same while η is constant; SimCLR's has ‖g + λw‖ below the line.
 */
const lars: UpdateRule = {
  slots: ["momentum"],
  update: (weight, grad, [b0], { learningRate, weightDecay, momentum }) => {
    let direction = grad;
    if (weight.rank > 1) {
      const w = weight.norm();
      const g = grad.norm();
      const trust = w.mul(TRUST).div(g.add(w.mul(weightDecay)).add(EPSILON));
      const usable = w.greater(0).logicalAnd(g.greater(0));
      direction = grad.add(weight.mul(weightDecay)).mul(
        tf.where(usable, trust, tf.onesLike(trust)),
      );
    }
    const b = b0.mul(momentum).add(direction);
    return [weight.sub(b.mul(learningRate)), b];
  },
  attributes: (constants) => ({ ...sgd.attributes(constants), trust: TRUST, epsilon: EPSILON }),
};

/** The rules by the name of the option `optimizer`. */
export const UPDATE_RULES: Readonly<Record<TrainOptions["optimizer"], UpdateRule>> = {
  adam,
  adamw,
  sgd,
  lars,
};

/** An optimizer of a fixed set of parameters. */
export interface Optimizer {
  /** The slots, as `m.encoder.conv.kernel`: all of its state but the number of steps. */
  readonly slots: ReadonlyMap<string, tf.Variable>;
  /** Steps done; settable, for resuming. */
  steps: number;
  /**
   * One update. `grads` are keyed by the variables' own names, as `tf.variableGrads` gives them; a
   * parameter without a gradient stays as it is. On webgpu weights and slots are updated in place,
   * so a `data()` of one must have been awaited before; a clone keeps its values.
   */
  step(grads: tf.NamedTensorMap, learningRate: number): void;
  /** Frees the slots. */
  dispose(): void;
}

/** Makes an optimizer of `parameters`, whose names are those of the slots. */
export function makeOptimizer(
  parameters: ReadonlyMap<string, tf.Variable>,
  options: Pick<TrainOptions, "optimizer" | "weightDecay" | "momentum">,
): Optimizer {
  const rule = UPDATE_RULES[options.optimizer];
  const slots = new Map<string, tf.Variable>();
  for (const [name, weight] of parameters) {
    for (const slot of rule.slots) {
      slots.set(`${slot}.${name}`, tf.tidy(() => tf.variable(tf.zerosLike(weight), false)));
    }
  }
  return {
    slots,
    steps: 0,
    step(grads, learningRate) {
      const t = ++this.steps;
      const constants = { ...options, learningRate, t };
      if (hasKernel("OptimizerStep")) {
        stepInPlace(parameters, grads, slots, rule, constants);
        return;
      }
      for (const [name, weight] of parameters) {
        const grad = grads[weight.name];
        if (grad === undefined) continue;
        const held = rule.slots.map((slot) => slots.get(`${slot}.${name}`)!);
        tf.tidy(() => {
          const updated = rule.update(weight, grad, held, constants);
          [weight, ...held].forEach((variable, i) => variable.assign(updated[i]));
        });
      }
    },
    dispose() {
      for (const slot of slots.values()) slot.dispose();
    },
  };
}

/** One update of all parameters by the kernel. */
function stepInPlace(
  parameters: ReadonlyMap<string, tf.Variable>,
  grads: tf.NamedTensorMap,
  slots: ReadonlyMap<string, tf.Variable>,
  rule: UpdateRule,
  constants: StepConstants,
): void {
  const inputs: tf.NamedTensorMap = {};
  let i = 0;
  for (const [name, weight] of parameters) {
    const grad = grads[weight.name];
    if (grad === undefined || weight.size === 0) continue;
    tf.util.assertShapesMatch(grad.shape, weight.shape, `the gradient of ${name}: `);
    inputs[`weight.${i}`] = writable(weight);
    inputs[`grad.${i}`] = grad;
    rule.slots.forEach((slot, s) =>
      inputs[`slot.${i}.${s}`] = writable(slots.get(`${slot}.${name}`)!)
    );
    i++;
  }
  runKernel("OptimizerStep", inputs, rule.attributes(constants));
}

/** The variable, which is to be written. */
function writable(variable: tf.Variable): tf.Variable {
  copyOnWrite(variable, (copy) => variable.assign(copy));
  return variable;
}

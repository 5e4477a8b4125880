/**
 * The optimizer: applies an update rule to named parameters and holds the rule's slots.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel } from "../kernels/calls.ts";
import { copyOnWrite } from "../nn/copy_on_write.ts";
import type { TrainOptions } from "./options.ts";
import { type StepConstants, UPDATE_RULES, type UpdateRule } from "./update_rules.ts";

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

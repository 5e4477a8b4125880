/** The optimizers against torch.optim in float64, ten steps. */
import * as tf from "@tensorflow/tfjs";
import { makeOptimizer } from "../../../lib/train/optimizer.ts";
import type { TrainOptions } from "../../../lib/train/options.ts";
import golden from "../../golden/optimizers.json" with { type: "json" };
import { closedForm } from "../../support/closed_form.ts";
import { testOnDevices } from "../../support/devices.ts";
import { assertEntries, EPSILON } from "../../support/golden.ts";

const SHAPES: [string, number[]][] = Object.entries(golden.shapes);
const STILL: Record<string, number[]> = golden.still;
const NAMES: Record<string, TrainOptions["optimizer"]> = {
  adam: "adam",
  adamw: "adamw",
  sgd: "sgd",
  lars: "lars",
};
/** A step rounds the weight twice and its change, of the weight's size at most, some times. */
const TOLERANCE = 8 * EPSILON;

/** The gradients of step t, as tests/golden/optimizers.py has them. */
function gradients(t: number, parameters: ReadonlyMap<string, tf.Variable>): tf.NamedTensorMap {
  return Object.fromEntries(SHAPES.map(([name, shape]) => {
    const gain = STILL[name]?.includes(t) ? 0 : golden.gains[t - 1];
    const values = closedForm(`gradient ${t} of ${name}`, tf.util.sizeFromShape(shape));
    return [parameters.get(name)!.name, tf.tensor(values.map((x) => gain * x), shape)];
  }));
}

for (const { optimizer: name, largest, steps, learningRate, ...rest } of golden.variants) {
  const { weightDecay, momentum } = rest;
  const setting = `η ${learningRate}, λ ${weightDecay}${
    name.startsWith("adam") ? "" : `, μ ${momentum}`
  }`;
  testOnDevices(`${name} takes PyTorch's ten steps, ${setting}`, async () => {
    const parameters = new Map(SHAPES.map(([key, shape]) => {
      const start = closedForm(key, tf.util.sizeFromShape(shape));
      const values = start.map((x) => key === "zero" ? 0 : x);
      return [key, tf.tidy(() => tf.variable(tf.tensor(values, shape)))];
    }));
    const optimizer = makeOptimizer(parameters, { optimizer: NAMES[name], weightDecay, momentum });
    for (const [i, expected] of steps.entries()) {
      const t = i + 1;
      const grads = gradients(t, parameters);
      optimizer.step(grads, learningRate * (11 - t) / 10);
      tf.dispose(grads);
      const read = await Promise.all(Array.from(parameters.values(), (weight) => weight.data()));
      SHAPES.forEach(([key], place) => {
        const what = `${key} after step ${t}`;
        assertEntries(read[place], expected[place], TOLERANCE * largest[place], what);
      });
    }
    optimizer.dispose();
    tf.dispose([...parameters.values()]);
  });
}

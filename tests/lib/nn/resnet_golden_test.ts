/** The residual networks against torchvision's, whole: see tests/golden/resnet.py. */
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { type Block, resnet, type Stem } from "../../../lib/nn/resnet.ts";
import { namedWeights, trainableWeights } from "../../../lib/nn/weights.ts";
import {
  closedForm,
  closedWeight,
  STILL,
  summary,
  summaryError,
} from "../../support/closed_form.ts";
import { testOnDevices } from "../../support/devices.ts";
import { forward } from "./forward.ts";

/** Norm and product with a direction, by name. */
type Summaries = Record<string, [number, number]>;

/** A network, and what PyTorch makes of it in float64. */
interface Case {
  readonly name: string;
  readonly block: Block;
  readonly depths: number[];
  readonly stem: Stem;
  readonly shape: [number, number, number, number];
  readonly first: Record<"evaluation" | "training", number[]>;
  readonly features: Summaries;
  readonly statistics: Summaries;
  readonly gradients: Summaries;
}

const { cases }: { cases: Case[] } = JSON.parse(
  await Deno.readTextFile(new URL("../../golden/resnet.json", import.meta.url)),
);

const TOLERANCE = { features: 1e-5, statistics: 1e-5, gradients: 1e-3 };

for (const golden of cases) {
  const { name, stem, shape } = golden;
  testOnDevices(`${name} with the stem ${stem} is torchvision's, weight by weight`, async () => {
    const model = resnet({ ...golden, channels: 3 }, STILL);
    const weights = namedWeights(model);
    for (const [name, weight] of weights) assign(weight, closedWeight(name, weight.shape));
    const parameters = trainableWeights(model);
    const images = tf.tensor4d(closedForm("images", sizeOf(shape)).map((x) => 2 * x), shape);

    const evaluation = forward(model, images, false);
    const kept: tf.Tensor2D[] = [];
    const { value, grads } = tf.variableGrads(() => {
      const training = tf.keep(forward(model, images, true));
      kept.push(training);
      return training.mul(tf.tensor(closedForm("loss", training.size), training.shape))
        .sum().asScalar();
    }, [...parameters.values()]);
    const features = { evaluation, training: kept[0] };

    for (const [mode, tensor] of Object.entries(features)) {
      const values = await tensor.data();
      const expected = golden.first[mode as keyof typeof features];
      const unit = golden.features[mode][0] / Math.sqrt(values.length);
      expected.forEach((x, i) => {
        const error = Math.abs(values[i] - x) / unit;
        assert(error <= 10 * TOLERANCE.features, `${mode} ${i}: off by ${error}`);
      });
    }
    const moved = [...weights].filter(([name]) => !parameters.has(name));
    const gradients = [...parameters].map(([name, { name: own }]) => [name, grads[own]] as const);
    await compare(Object.entries(features), golden.features, TOLERANCE.features);
    await compare(moved, golden.statistics, TOLERANCE.statistics);
    await compare(gradients, golden.gradients, TOLERANCE.gradients);
    tf.dispose([images, evaluation, kept, value, grads]);
    model.dispose();
  });
}

/** Fails where a tensor is missing, too many, or off by more than `tolerance` of its norm. */
async function compare(
  tensors: readonly (readonly [string, tf.Tensor])[],
  expected: Summaries,
  tolerance: number,
): Promise<void> {
  assertEquals(tensors.map(([name]) => name).sort(), Object.keys(expected).sort());
  const values = await Promise.all(tensors.map(([, tensor]) => tensor.data()));
  tensors.forEach(([name], i) => {
    const error = summaryError(summary(name, values[i]), expected[name]);
    assert(error <= tolerance, `${name}: off by ${error} of its norm`);
  });
}

function assign(weight: tf.Variable, values: Float32Array): void {
  const tensor = tf.tensor(values, weight.shape);
  weight.assign(tensor);
  tensor.dispose();
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

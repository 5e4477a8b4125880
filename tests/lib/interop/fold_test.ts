import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/errors.ts";
import { readGraph } from "../../../lib/interop/export_graph.ts";
import { foldBatchNorms, foldWeights, type Normalization } from "../../../lib/interop/fold.ts";
import { applyLayer, batchNorm, conv2d } from "../../../lib/nn/conv.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import { conv, difference, head, residual, settled } from "./networks.ts";

Deno.test("a folded product is the product and its normalization, to rounding in float64", () => {
  const random = rng(1);
  const draw = (length: number) => Float64Array.from({ length }, () => random.normal());
  const [inputs, outputs] = [7, 5];
  const [x, kernel, bias] = [draw(inputs), draw(inputs * outputs), draw(outputs)];
  const [gamma, beta, mean] = [draw(outputs), draw(outputs), draw(outputs)];
  const variance = draw(outputs).map((v) => v * v);
  const epsilon = 1e-5;
  const product = (kernel: ArrayLike<number>, bias?: ArrayLike<number>) =>
    Float64Array.from({ length: outputs }, (_, c) => {
      let sum = bias?.[c] ?? 0;
      for (let i = 0; i < inputs; i++) sum += x[i] * kernel[i * outputs + c];
      return sum;
    });
  for (const b of [bias, undefined]) {
    const whole: Normalization = { gamma, beta, mean, variance, epsilon };
    const bare: Normalization = { mean, variance, epsilon };
    for (const normalization of [whole, bare]) {
      const { gamma = [], beta = [] } = normalization;
      const expected = product(kernel, b).map((y, c) =>
        (gamma[c] ?? 1) * (y - mean[c]) / Math.sqrt(variance[c] + epsilon) + (beta[c] ?? 0)
      );
      const folded = foldWeights(kernel, b, normalization);
      assert(difference(product(folded.kernel, folded.bias), expected) < 1e-13);
    }
  }
});

testOnDevices("a folded network has no batch norm, and a bias where it had one", async () => {
  const networks: [tf.LayersModel, number[]][] = [
    [conv(1, 2), [8, 8, 1]],
    [residual({ block: "basic", depths: [1, 1], stem: "imagenet", channels: 1 }), [16, 16, 1]],
    [head(6), [6]],
  ];
  for (const [model, shape] of networks) {
    const graph = await readGraph(model, shape, "feature");
    const folded = foldBatchNorms(graph);
    const norms = graph.layers.filter(({ className }) => className === "BatchNormalization");
    assertEquals(folded.layers.length, graph.layers.length - norms.length);
    const names = new Set(folded.layers.map(({ name }) => name));
    for (const { name, inputs, config, weights } of folded.layers) {
      assert(inputs.every((input) => names.has(input)), `${name} takes ${inputs}`);
      assertEquals(weights.has("bias"), config.use_bias === true);
    }
    // The graph itself is as it was.
    assert(norms.length > 0 && norms.every(({ weights }) => weights.size === 4));
    model.dispose();
  }
});

testOnDevices("a batch norm that cannot be folded is named", async () => {
  const { layers } = tf;
  const input = tf.input({ shape: [4, 4, 1], name: "image" });
  const y = conv2d(input, { name: "conv", filters: 2, kernelSize: 3 });
  const tanh = applyLayer(layers.activation({ name: "tanh", activation: "tanh" }), y);
  const shared = applyLayer(layers.add({ name: "sum" }), [batchNorm(y, "norm"), y]);
  const cases: [tf.SymbolicTensor, string][] = [
    [
      batchNorm(tanh, "late"),
      "batch norm late: it must follow a convolution or a dense layer that " +
      'nothing else uses, got "Activation tanh"',
    ],
    [
      shared,
      "batch norm norm: it must follow a convolution or a dense layer that nothing else " +
      'uses, got "Conv2D conv"',
    ],
  ];
  for (const [output, message] of cases) {
    const model = settled(tf.model({ inputs: input, outputs: output }));
    const graph = await readGraph(model, [4, 4, 1], "feature");
    assertThrows(() => foldBatchNorms(graph), UsageError, message);
  }
});

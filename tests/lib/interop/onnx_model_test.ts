import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/errors.ts";
import { joinGraphs, readGraph } from "../../../lib/interop/export_graph.ts";
import { takePixels } from "../../../lib/interop/fold.ts";
import { foldBatchNorms } from "../../../lib/interop/fold.ts";
import { onnxModel, type OnnxOptions } from "../../../lib/interop/onnx_model.ts";
import { encodeOnnx, type OnnxModel } from "../../../lib/interop/onnx_proto.ts";
import { normalize } from "../../../lib/views/normalize.ts";
import { testOnDevices } from "../../support/devices.ts";
import { type OnnxInput, runOnnx } from "../../support/onnxruntime.ts";
import {
  branches,
  channelsFirst,
  conv,
  difference,
  head,
  type Images,
  images,
  outputOf,
  residual,
  sequence,
} from "./networks.ts";

const OPTIONS: OnnxOptions = {
  name: "network",
  version: "0.0.0",
  anySize: true,
  inputType: "float32",
  inputDescription: "as it is",
  metadata: { mean: "[0.5]", encoder: "conv" },
};

/** Weights and inputs are float32, and so are the sums of both sides. */
const TOLERANCE = 1e-5;

/** What the runtime is given of images of ours. */
async function channelsFirstInput(x: Images): Promise<OnnxInput> {
  const [batch, height, width, channels] = x.shape;
  return { shape: [batch, channels, height, width], data: await channelsFirst(x) };
}

/** What the runtime gives for images of ours, by output. */
async function run(model: OnnxModel, inputs: readonly Images[]) {
  return await runOnnx(encodeOnnx(model), await Promise.all(inputs.map(channelsFirstInput)));
}

const operators = ({ nodes }: OnnxModel) => new Set(nodes.map(({ opType }) => opType));

const BOTH_SIZES: [number, number][] = [[9, 8], [16, 13]];

testOnDevices(
  "onnxruntime gives our features, whatever the batch and the size, folded or not",
  async () => {
    const networks: Record<string, [tf.LayersModel, number]> = {
      conv: [conv(3), 3],
      grid: [conv(1, 3), 1],
      basic: [residual({ block: "basic", depths: [1, 1], stem: "small", channels: 3 }), 3],
      bottleneck: [
        residual({ block: "bottleneck", depths: [1, 1], stem: "imagenet", channels: 1 }),
        1,
      ],
      branches: [branches(), 2],
    };
    for (const [name, [model, channels]] of Object.entries(networks)) {
      const graph = await readGraph(model, [8, 8, channels], "feature");
      for (const exported of [graph, foldBatchNorms(graph)]) {
        const onnx = onnxModel(exported, OPTIONS);
        const folded = exported !== graph || name === "branches";
        assertEquals(operators(onnx).has("BatchNormalization"), !folded);
        const inputs = [1, 3].flatMap((batch) =>
          BOTH_SIZES.map((size) => images(batch, ...size, channels))
        );
        const outputs = await run(onnx, inputs);
        for (const [i, x] of inputs.entries()) {
          const error = difference(outputs[i].feature, await outputOf(x, model));
          assert(error < TOLERANCE, `${name} ${x.shape}: ${error}`);
        }
      }
      model.dispose();
    }
  },
);

testOnDevices("padding, odd strides and activations of other layers are TensorFlow's", async () => {
  const model = sequence();
  const graph = await readGraph(model, [11, 9, 2], "feature");
  const x = images(2, 11, 9, 2);
  for (const exported of [graph, foldBatchNorms(graph)]) {
    const onnx = onnxModel(exported, { ...OPTIONS, anySize: false });
    assertEquals(onnx.input.shape, ["batch", 2, 11, 9]);
    const [{ feature }] = await run(onnx, [x]);
    const error = difference(feature, await outputOf(x, model));
    assert(error < TOLERANCE, `${error}`);
  }
  model.dispose();
});

testOnDevices("the head's output comes after the feature", async () => {
  const [encoder, projection] = [conv(1, 2), head(24)];
  const joined = joinGraphs(
    await readGraph(encoder, [8, 8, 1], "feature"),
    await readGraph(projection, [24], "projection"),
    "projection",
  );
  const x = images(2, 7, 10, 1);
  const [outputs] = await run(onnxModel(joined, OPTIONS), [x]);
  assertEquals(Object.keys(outputs), ["feature", "projection"]);
  assert(difference(outputs.feature, await outputOf(x, encoder)) < TOLERANCE);
  assert(difference(outputs.projection, await outputOf(x, encoder, projection)) < TOLERANCE);
  for (const model of [encoder, projection]) model.dispose();
});

testOnDevices(
  "bytes are normalized by the network, and its zeros at the border come after",
  async () => {
    const model = conv(3);
    const graph = await readGraph(model, [9, 8, 3], "feature");
    const moments = { mean: [0.5, 0.25, 0.4], std: [0.2, 0.3, 0.25] };
    const { data, shape } = images(2, 9, 8, 3);
    const bytes = data.map((value) => Math.floor(127.5 * (value + 1)));
    const normal = normalize(Uint8Array.from(bytes), shape.slice(1), moments.mean, moments.std);
    const expected = await outputOf({ data: normal, shape }, model);
    const pixels = Uint8Array.from(await channelsFirst({ data: bytes, shape }));
    for (const exported of [graph, foldBatchNorms(graph)]) {
      const onnx = onnxModel(takePixels(exported, moments), { ...OPTIONS, inputType: "uint8" });
      const [{ feature }] = await runOnnx(encodeOnnx(onnx), [{
        shape: [2, 3, 9, 8],
        data: pixels,
      }]);
      const error = difference(feature, expected);
      assert(error < TOLERANCE, `${error}`);
    }
    model.dispose();
  },
);

testOnDevices("what has no counterpart is refused by the layer's name", async () => {
  const { layers } = tf;
  const refused = async (layer: tf.layers.Layer, message: string) => {
    const model = tf.sequential({
      layers: [layers.conv2d({ inputShape: [8, 8, 1], filters: 2, kernelSize: 1 }), layer],
    });
    const graph = await readGraph(model, [8, 8, 1], "feature");
    assertThrows(() => onnxModel(graph, OPTIONS), UsageError, message);
    model.dispose();
  };
  await refused(
    layers.upSampling2d({ name: "larger" }),
    'export the layer larger: its class must have a counterpart in ONNX, got "UpSampling2D"',
  );
  await refused(
    layers.activation({ name: "soft", activation: "softmax" }),
    'export the layer soft: its activation must have a counterpart in ONNX, got "softmax"',
  );
  await refused(
    layers.globalAveragePooling2d({ name: "first", dataFormat: "channelsFirst" }),
    "export the layer first: its data_format must have a counterpart in ONNX",
  );
  const maxima = tf.sequential({
    layers: [
      layers.zeroPadding2d({ name: "zeros", inputShape: [8, 8, 1] }),
      layers.maxPooling2d({ poolSize: 3 }),
    ],
  });
  const graph = await readGraph(maxima, [8, 8, 1], "feature");
  assertThrows(
    () => onnxModel(graph, OPTIONS),
    UsageError,
    "export the layer zeros: zeros before a max-pool must follow a ReLU",
  );
  maxima.dispose();
  const inner = tf.sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] });
  inner.name = "inner";
  const outer = tf.sequential({ layers: [layers.dense({ units: 2, inputShape: [2] }), inner] });
  await assertRejects(
    () => readGraph(outer, [2], "feature"),
    UsageError,
    "export the layer inner: it must be a single layer, not a model of layers",
  );
  outer.dispose();
});

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { Conv2D, conv2d } from "../../../lib/nn/conv.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import { assertClose } from "./reference.ts";

const SHAPE = [2, 5, 6, 2];

function convolution(stride: number): tf.LayersModel {
  const input = tf.input({ shape: [null, null, 2] });
  const outputs = conv2d(input, { name: "conv", filters: 3, kernelSize: 3, stride });
  const model = tf.model({ inputs: input, outputs });
  tf.tidy(() => model.setWeights([normals([3, 3, 2, 3])]));
  return model;
}

function normals(shape: number[]): tf.Tensor {
  const random = rng(3, ...shape);
  const size = shape.reduce((product, side) => product * side);
  return tf.tensor(Float32Array.from({ length: size }, () => random.normal()), shape);
}

testOnDevices("a model saved and loaded as stock layers gives the same", async () => {
  for (const stride of [1, 2]) {
    const model = convolution(stride);
    let saved: tf.io.ModelArtifacts = {};
    await model.save(tf.io.withSaveHandler((artifacts) => {
      saved = artifacts;
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" },
      });
    }));
    const stock = await tf.loadLayersModel(tf.io.fromMemory(saved));
    assert(!stock.layers.some((layer) => layer instanceof Conv2D));
    const x = normals(SHAPE);
    const [ours, theirs] = [model, stock].map((each) => each.predict(x) as tf.Tensor);
    assertEquals(ours.shape, theirs.shape);
    assertClose(await ours.data(), [...await theirs.data()], 1e-6);
    tf.dispose([x, ours, theirs]);
    stock.dispose();
    model.dispose();
  }
});

testOnDevices("the gradient by images that need none is not computed", async () => {
  const model = convolution(2);
  const x = normals(SHAPE);
  const { kernelNames } = await tf.profile(() => {
    const { value, grads } = tf.variableGrads(() => (model.apply(x) as tf.Tensor).sum().asScalar());
    tf.dispose([value, grads]);
  });
  assert(kernelNames.includes("Conv2DBackpropFilter"));
  assert(!kernelNames.includes("Conv2DBackpropInput"));
  assert(!kernelNames.includes("PadV2"));
  x.dispose();
  model.dispose();
});

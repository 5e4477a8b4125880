import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { BatchNorm } from "../../../lib/nn/batch_norm.ts";
import { forward } from "./forward.ts";
import { resnet, resnetDim } from "../../../lib/nn/resnet.ts";
import { namedWeights } from "../../../lib/nn/weights.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import { assertClose } from "./reference.ts";

testOnDevices("layers have torchvision's names", () => {
  const basic = resnet({ block: "basic", depths: [1, 1], stem: "small", channels: 1 }, rng(0));
  assertEquals(kernels(basic), [
    "conv1 3,3,1,64",
    "layer1.0.conv1 3,3,64,64",
    "layer1.0.conv2 3,3,64,64",
    "layer2.0.conv1 3,3,64,128",
    "layer2.0.conv2 3,3,128,128",
    "layer2.0.downsample.0 1,1,64,128",
  ]);
  basic.dispose();
  const deep = resnet({ block: "bottleneck", depths: [2], stem: "imagenet", channels: 3 }, rng(0));
  assertEquals(kernels(deep), [
    "conv1 7,7,3,64",
    "layer1.0.conv1 1,1,64,64",
    "layer1.0.conv2 3,3,64,64",
    "layer1.0.conv3 1,1,64,256",
    "layer1.0.downsample.0 1,1,64,256",
    "layer1.1.conv1 1,1,256,64",
    "layer1.1.conv2 3,3,64,64",
    "layer1.1.conv3 1,1,64,256",
  ]);
  deep.dispose();
});

testOnDevices("one network takes images of any size", () => {
  const sizes = { small: [1, 8, 9], imagenet: [32, 33, 96] };
  for (const stem of ["small", "imagenet"] as const) {
    const options = { block: "basic", depths: [1, 1], stem, channels: 3 } as const;
    const model = resnet(options, rng(0));
    for (const size of sizes[stem]) {
      const y = tf.tidy(() => forward(model, tf.zeros([1, size, size, 3]), false));
      assertEquals(y.shape, [1, resnetDim(options)]);
      y.dispose();
    }
    model.dispose();
  }
});

testOnDevices(
  "a stock TensorFlow.js loads a saved network and gives the same features",
  async () => {
    const model = resnet({ block: "basic", depths: [1, 1], stem: "imagenet", channels: 2 }, rng(0));
    const x = tf.linspace(-1, 1, 3 * 9 * 9 * 2).reshape([3, 9, 9, 2]);
    // Running statistics that differ from those of a new layer.
    forward(model, x, true).dispose();
    const artifacts: tf.io.ModelArtifacts[] = [];
    await model.save(tf.io.withSaveHandler((saved) => {
      artifacts.push(saved);
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
      });
    }));
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts[0]));
    const norm = loaded.getLayer("layer2.0.bn1");
    assertEquals([norm.getClassName(), norm instanceof BatchNorm], ["BatchNormalization", false]);
    const [ours, stock] = tf.tidy(
      () => [model.apply(x) as tf.Tensor, loaded.apply(x) as tf.Tensor],
    );
    assertClose(await stock.data(), await ours.data(), 1e-5);
    tf.dispose([x, ours, stock]);
    model.dispose();
    loaded.dispose();
  },
);

function kernels(model: tf.LayersModel): string[] {
  return [...namedWeights(model)]
    .filter(([name]) => name.endsWith(".kernel"))
    .map(([name, value]) => `${name.replace(".kernel", "")} ${value.shape}`)
    .sort();
}

import { assertEquals, assertNotEquals } from "@std/assert";
import { convNet } from "../../../lib/nn/conv_net.ts";
import { namedWeights, trainableWeights } from "../../../lib/nn/weights.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";

testOnDevices("names depend on the model and not on what was built before", () => {
  const [a, b] = [1, 2].map((seed) => convNet(1, [{ width: 2, stride: 1 }], rng(seed)));
  const names = [
    "conv1.kernel",
    "bn1.gamma",
    "bn1.beta",
    "bn1.moving_mean",
    "bn1.moving_variance",
  ];
  assertEquals([...namedWeights(a).keys()], names);
  assertEquals([...namedWeights(b).keys()], names);
  assertEquals([...trainableWeights(b).keys()], names.slice(0, 3));
  // The variables themselves are distinct, with distinct names in TensorFlow.js.
  assertNotEquals(
    namedWeights(a).get("conv1.kernel")!.name,
    namedWeights(b).get("conv1.kernel")!.name,
  );
  a.dispose();
  b.dispose();
});

testOnDevices("a frozen layer keeps its names and loses its trainable ones", () => {
  const model = convNet(1, [{ width: 2, stride: 1 }], rng(1));
  const names = [...namedWeights(model).keys()];
  model.getLayer("bn1").trainable = false;
  assertEquals([...namedWeights(model).keys()], names);
  assertEquals([...trainableWeights(model).keys()], ["conv1.kernel"]);
  model.dispose();
});

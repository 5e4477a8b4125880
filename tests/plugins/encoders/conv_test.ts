import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UsageError } from "../../../lib/errors.ts";
import { namedWeights } from "../../../lib/nn/mod.ts";
import conv from "../../../plugins/encoders/conv.ts";
import { testOnDevices } from "../../support/devices.ts";
import { envOf, outputShape, parameterCount } from "./encoders.ts";

testOnDevices("conv has a layer per width and the last width as dim", async (device) => {
  const options = conv.options.parse({ widths: [4, 8, 6], strides: [1, 2, 1] });
  const { model, dim, anySize } = await conv.create(options, envOf(device, [28, 28, 3]));
  assertEquals([dim, anySize], [6, true]);
  const kernels = [...namedWeights(model)].filter(([name]) => name.endsWith(".kernel"));
  assertEquals(kernels.map(([, value]) => value.shape), [[3, 3, 3, 4], [3, 3, 4, 8], [3, 3, 8, 6]]);
  for (const size of [1, 7, 28]) {
    assertEquals(outputShape(model, [2, size, size, 3]), [2, 6]);
  }
  model.dispose();
});

testOnDevices("conv has three layers of 32 to 128 channels by default", async (device) => {
  const { model, dim } = await conv.create(conv.options.parse({}), envOf(device, [28, 28, 1]));
  assertEquals(dim, 128);
  assertEquals(
    parameterCount(model),
    9 * (32 + 32 * 64 + 64 * 128) + 2 * (32 + 64 + 128),
  );
  model.dispose();
});

testOnDevices("conv with a grid keeps the layout of images of any size", async (device) => {
  const options = conv.options.parse({ widths: [4, 6], strides: [2, 2], grid: 2 });
  const { model, dim, anySize } = await conv.create(options, envOf(device, [28, 28, 1]));
  assertEquals([dim, anySize], [24, true]);
  for (const size of [1, 7, 20, 28]) assertEquals(outputShape(model, [2, size, size, 1]), [2, 24]);
  model.dispose();
});

testOnDevices("conv refuses widths without strides, by name", async (device) => {
  const options = conv.options.parse({ widths: [4, 8] });
  const create = async () => await conv.create(options, envOf(device, [28, 28, 1]));
  const { message } = await assertRejects(create, UsageError);
  assertStringIncludes(message, "widths and strides must be equally many");
});

testOnDevices("conv refuses examples that are no images", async (device) => {
  const create = async () => await conv.create(conv.options.parse({}), envOf(device, [784]));
  const { message } = await assertRejects(create, UsageError);
  assertStringIncludes(message, "Cannot use the encoder conv");
  assertStringIncludes(message, 'got "the shape [784]"');
});

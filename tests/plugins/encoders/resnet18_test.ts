import { assertEquals } from "@std/assert";
import { openDevice } from "../../../lib/device/device.ts";
import resnet from "../../../plugins/encoders/resnet18.ts";
import { testOnDevices } from "../../support/devices.ts";
import { envOf, outputShape, parameterCount } from "./encoders.ts";

// torchvision's count without its classifier; the small stem has 3×3 in place of 7×7 kernels.
const PARAMETERS = 11_176_512;
const STEM = (7 * 7 - 3 * 3) * 3 * 64;

testOnDevices("resnet18 has as many parameters as torchvision's", async (device) => {
  const env = envOf(device, [32, 32, 3]);
  const { model, dim, anySize } = await resnet.create(resnet.options.parse({}), env);
  assertEquals([parameterCount(model), dim, anySize], [PARAMETERS - STEM, 512, true]);
  assertEquals(outputShape(model, [2, 9, 8, 3]), [2, 512]);
  model.dispose();
});

Deno.test("resnet18 with the stem of imagenet has all of torchvision's", async () => {
  const env = envOf(await openDevice("wasm"), [64, 64, 3]);
  const { model } = await resnet.create(resnet.options.parse({ stem: "imagenet" }), env);
  assertEquals(parameterCount(model), PARAMETERS);
  model.dispose();
});

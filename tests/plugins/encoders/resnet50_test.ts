import { assertEquals } from "@std/assert";
import { openDevice } from "../../../lib/device/device.ts";
import resnet from "../../../plugins/encoders/resnet50.ts";
import { envOf, outputShape, parameterCount } from "./encoders.ts";

// torchvision's count without its classifier; the small stem has 3×3 in place of 7×7 kernels.
const PARAMETERS = 23_508_032;
const STEM = (7 * 7 - 3 * 3) * 3 * 64;

// Drawing millions of weights is slow, and the same on every device: so on one only.
Deno.test("resnet50 has as many parameters as torchvision's", async () => {
  const env = envOf(await openDevice("wasm"), [32, 32, 3]);
  const { model, dim, anySize } = await resnet.create(resnet.options.parse({}), env);
  assertEquals([parameterCount(model), dim, anySize], [PARAMETERS - STEM, 2048, true]);
  assertEquals(outputShape(model, [2, 9, 8, 3]), [2, 2048]);
  model.dispose();
});

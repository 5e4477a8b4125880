import { assertEquals } from "@std/assert";
import { openDevice } from "../../../lib/device/device.ts";
import resnet from "../../../plugins/encoders/resnet34.ts";
import { envOf, outputShape, parameterCount } from "./encoders.ts";

// torchvision's count without its classifier; the small stem has 3×3 in place of 7×7 kernels.
const PARAMETERS = 21_284_672;
const STEM = (7 * 7 - 3 * 3) * 3 * 64;

// Drawing millions of weights is slow, and the same on every device: so on one only.
Deno.test("resnet34 has as many parameters as torchvision's", async () => {
  const env = envOf(await openDevice("wasm"), [32, 32, 3]);
  const { model, dim, anySize } = await resnet.create(resnet.options.parse({}), env);
  assertEquals([parameterCount(model), dim, anySize], [PARAMETERS - STEM, 512, true]);
  assertEquals(outputShape(model, [2, 9, 8, 3]), [2, 512]);
  model.dispose();
});

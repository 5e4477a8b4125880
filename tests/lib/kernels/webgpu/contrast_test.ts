/** The debiased family in linear memory against float64. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { webgpuBackend } from "../../../../lib/kernels/webgpu/program.ts";
import { hasKernel } from "../../../../lib/kernels/calls.ts";
import {
  familyClampRate,
  familyLoss,
  type FamilyMember,
} from "../../../../lib/objectives/debiased_family.ts";
import { randomViews } from "../../../support/check_gradient.ts";
import { checkKernel } from "../../../support/check_kernel.ts";
import { contrastReference } from "../../../support/contrast_reference.ts";
import { testOnWebgpu } from "../../../support/devices.ts";

/** [views, batch, dim]. */
type Shape = readonly [number, number, number];

/** Rows of unit norm; a single column would be ±1, at the edge of the clamp, and is left as it is drawn, over 4. */
const flat = ([count, batch, dim]: Shape) =>
  Float32Array.from(
    randomViews({ seed: 3, count, batch, dim, unit: dim > 1 }).flat(2),
    (x) => dim > 1 ? x : x / 4,
  );

const split = (z: tf.Tensor, views: number) =>
  tf.split(z, views).map((view) => view as tf.Tensor2D);

const DEBIASED: FamilyMember = { form: "debiased", temperature: 0.5, tauPlus: 0.1 };
const MEMBERS: Record<string, FamilyMember> = {
  biased: { form: "biased", temperature: 0.1 },
  decoupled: { form: "decoupled", temperature: 0.1 },
  "debiased at t = 0.01": { ...DEBIASED, temperature: 0.01 },
  "debiased at t = 0.5": DEBIASED,
  "debiased at t = 1 with rows at the clamp": { ...DEBIASED, temperature: 1, tauPlus: 0.5 },
  "hard at t = 0.01": { ...DEBIASED, temperature: 0.01, beta: 1 },
  "hard at t = 0.5": { ...DEBIASED, beta: 0.7 },
};

/** One column; rows that fill no panel; panels with a last one of two rows; 2,048 columns. */
const SHAPES: Shape[] = [[2, 2, 1], [2, 33, 3], [3, 22, 17], [2, 65, 20], [2, 3, 2048]];

async function check(
  device: Parameters<typeof checkKernel>[0],
  shape: Shape,
  member: FamilyMember,
) {
  const [views, batch, dim] = shape;
  await checkKernel(device, {
    inputs: [{ shape: [views * batch, dim], values: flat(shape) }],
    run: (z) => familyLoss(tf, split(z, views), member),
    reference: (z) => [contrastReference(z, shape, member).loss],
    // Rounding a product of unit rows to float32 changes e^s by 2⁻²⁴/t of itself.
    tolerance: 1e-5 + 5e-7 / member.temperature,
  });
}

for (const [name, member] of Object.entries(MEMBERS)) {
  testOnWebgpu(`${name} in linear memory has the loss and gradient of float64`, async (device) => {
    assert(hasKernel("ContrastRows"));
    for (const shape of SHAPES) await check(device, shape, member);
  });
}

testOnWebgpu("more rows than a tile has are compared tile by tile", async (device) => {
  await check(device, [2, 518, 4], DEBIASED);
  await check(device, [3, 344, 4], { ...DEBIASED, temperature: 0.1, tauPlus: 0.3, beta: 1 });
});

testOnWebgpu("the share of rows at the clamp is that of float64", async () => {
  const shape: Shape = [2, 540, 4];
  const member = MEMBERS["debiased at t = 1 with rows at the clamp"];
  const z = tf.tensor2d(flat(shape), [1080, 4]);
  const rate = tf.tidy(() => familyClampRate(tf, split(z, 2), member));
  const { clampRate } = contrastReference(Float64Array.from(await z.data()), shape, member);
  assert(clampRate > 0.1 && clampRate < 0.9, `${clampRate}`);
  assertAlmostEquals((await rate.data())[0], clampRate, 1e-6);
  tf.dispose([z, rate]);
});

testOnWebgpu("a second run gives the same bits", async () => {
  const z = tf.tensor2d(flat([2, 540, 8]), [1080, 8]);
  const gradient = tf.grad((z) => familyLoss(tf, split(z, 2), DEBIASED));
  const [a, b] = [gradient(z), gradient(z)];
  assertEquals(await a.data(), await b.data());
  tf.dispose([z, a, b]);
});

testOnWebgpu("no matrix of all rows by all rows is kept", async () => {
  const z = tf.tensor2d(flat([2, 2048, 4]), [4096, 4]);
  await z.data();
  const { bufferManager } = webgpuBackend(tf.backend());
  const before = bufferManager.numBytesAllocated;
  const gradient = tf.grad((z) => familyLoss(tf, split(z, 2), DEBIASED))(z);
  await gradient.data();
  const bytes = bufferManager.numBytesAllocated - before;
  assert(bytes < 4096 * 4096 * 4 / 3, `${bytes} bytes`);
  tf.dispose([z, gradient]);
});

/**
 * The weights of an encoder: where they are from, what reaches them, whether they can be kept.
 *
 * @module
 */
import { decodeSafetensors, encodeSafetensors } from "../interop/safetensors.ts";
import { trainableWeights } from "../nn/weights.ts";
import { encoderWeights } from "../train/network.ts";
import { assignVariables, readVariables } from "../train/variable_arrays.ts";
import { fail, type Finding, info, pass, verdict } from "./check.ts";
import { apply, BATCH, type EncoderSubject, featuresOf, images } from "./encoder_subject.ts";

/** The same seed gives the same weights. */
export async function checkSeed({ encoder, again, device }: EncoderSubject): Promise<Finding> {
  const twin = await again(0);
  const other = await again(1);
  try {
    const [a, b, c] = await Promise.all(
      [encoder, twin, other].map(({ model }) => readVariables(trainableWeights(model))),
    );
    const differ = (x: typeof a, y: typeof a) =>
      [...x].find(([name, { data }]) => String(data) !== String(y.get(name)?.data))?.[0];
    const unequal = differ(a, b);
    if (unequal) return fail(`${unequal} differs between two of one seed`);
    return differ(a, c)
      ? pass("of one seed the same, of another others")
      : info("they do not depend on the seed");
  } finally {
    twin.model.dispose();
    other.model.dispose();
    device.check();
  }
}

/** The gradient reaches every trainable weight. */
export async function checkGradients(subject: EncoderSubject): Promise<Finding> {
  const { device: { tf }, again } = subject;
  const encoder = await again(0);
  const weights = trainableWeights(encoder.model);
  // A weight of 0, as the last scale of a residual block may be, hides those before it.
  let layer = 0;
  for (const weight of weights.values()) {
    const noise = tf.randomNormal(weight.shape, 0, 0.05, "float32", ++layer);
    weight.assign(tf.add(weight, noise));
  }
  const x = images(subject);
  const direction = tf.randomNormal([BATCH, encoder.dim], 0, 1, "float32", 1);
  try {
    const loss = () => apply(encoder, x, true).mul(direction).sum().asScalar();
    const { value, grads } = tf.variableGrads(loss, [...weights.values()]);
    value.dispose();
    const lost: string[] = [];
    for (const [name, weight] of weights) {
      const grad = grads[weight.name];
      const values = grad ? await grad.data() : [];
      if (!values.some((value) => value !== 0)) lost.push(name);
      else if (!values.every(Number.isFinite)) return fail(`that of ${name} is not finite`);
    }
    return verdict(
      lost.length === 0,
      `${weights.size} of ${weights.size} weights`,
      `none reaches ${lost.slice(0, 3).join(", ")}`,
    );
  } finally {
    encoder.model.dispose();
  }
}

/** What is saved by name and loaded into another encoder gives the same features. */
export async function checkReload(subject: EncoderSubject): Promise<Finding> {
  const { encoder, again } = subject;
  const x = images(subject);
  const saved = await readVariables(encoderWeights(encoder.model));
  const file = encodeSafetensors(saved, {});
  const other = await again(1);
  try {
    assignVariables(encoderWeights(other.model), decodeSafetensors(file, "the file").tensors, "it");
    const expected = await featuresOf(subject, encoder, x);
    const got = await featuresOf(subject, other, x);
    const same = got.every((value, i) => value === expected[i]);
    return verdict(
      same,
      `${saved.size} weights, ${(file.length / 1e6).toFixed(2)} MB`,
      "features differ after saving and loading",
    );
  } finally {
    other.model.dispose();
  }
}

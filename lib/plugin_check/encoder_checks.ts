/**
 * What a good encoder holds.
 *
 * @module
 */
import { trainableWeights } from "../nn/weights.ts";
import {
  type Check,
  type CheckResult,
  fail,
  info,
  kept,
  pass,
  speedText,
  timeWorks,
  verdict,
} from "./check.ts";
import {
  apply,
  BATCH,
  featuresOf,
  images,
  SIDE,
  type TestedEncoder,
  trainTiny,
} from "./tiny_training.ts";
import { decodeSafetensors, encodeSafetensors } from "../interop/safetensors.ts";
import { encoderWeights } from "../train/network.ts";
import { assignVariables, readVariables } from "../train/variable_arrays.ts";

/** Of a feature, alone and in a batch: kernels sum in other orders. */
const TOLERANCE = 1e-4;

function shape(tested: TestedEncoder): CheckResult {
  const { device: { tf }, encoder } = tested;
  const x = images(tested);
  for (const training of [false, true]) {
    const { shape } = tf.tidy(() => apply(encoder, x, training));
    if (String(shape) !== String([BATCH, encoder.dim])) {
      return fail(`[${shape}] for ${BATCH} images, and its dim is ${encoder.dim}`);
    }
  }
  return pass(`[batch, ${encoder.dim}]`);
}

async function anySize(tested: TestedEncoder): Promise<CheckResult> {
  const { encoder } = tested;
  if (!encoder.anySize) return info(`not claimed: it takes ${SIDE}×${SIDE} as made`);
  for (const [height, width] of [[SIDE + 9, SIDE - 5], [SIDE / 2, SIDE / 2], [96, 96]]) {
    const values = await featuresOf(tested, encoder, images(tested, 1, [height, width, 3]));
    if (values.length !== encoder.dim) {
      return fail(`${values.length} numbers for an image of ${height}×${width}`);
    }
  }
  return pass(`${SIDE + 9}×${SIDE - 5}, ${SIDE / 2}×${SIDE / 2}, 96×96`);
}

async function deterministic(tested: TestedEncoder): Promise<CheckResult> {
  const { encoder, device: { tf } } = tested;
  const x = images(tested);
  const first = await featuresOf(tested, encoder, x);
  const second = await featuresOf(tested, encoder, x);
  if (first.some((value, i) => value !== second[i])) return fail("two passes differ");
  if (!first.every(Number.isFinite)) return fail("features are not finite");
  const alone = await featuresOf(tested, encoder, tf.slice(x, 0, 1));
  const largest = first.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const off = alone.reduce((max, value, i) => Math.max(max, Math.abs(value - first[i])), 0);
  return verdict(
    off <= TOLERANCE * largest,
    "the same twice, and alone as in a batch",
    "an image has other features alone than in a batch",
  );
}

async function leaks(tested: TestedEncoder): Promise<CheckResult> {
  const { device, encoder } = tested;
  const { tf } = device;
  const x = images(tested);
  const weights = [...trainableWeights(encoder.model).values()];
  const step = () => {
    tf.dispose(tf.variableGrads(() => apply(encoder, x, true).sum().asScalar(), weights));
    tf.dispose(tf.tidy(() => apply(encoder, x, false)));
  };
  step();
  const steps = 3;
  const more = await kept(device, () => {
    for (let i = 0; i < steps; i++) step();
  });
  return verdict(more === 0, "none", `${more} tensors more after ${steps} steps`);
}

async function speed(tested: TestedEncoder): Promise<CheckResult> {
  const { device, name, encoder, others } = tested;
  const { tf } = device;
  const x = images(tested, 32);
  const works = Object.entries({ [name]: encoder, ...others }).map(([name, encoder]) => {
    const weights = [...trainableWeights(encoder.model).values()];
    const loss = () => apply(encoder, x, true).sum().asScalar();
    return [name, () => Object.values(tf.variableGrads(loss, weights).grads)] as const;
  });
  const count = encoder.model.countParams().toLocaleString("en");
  return info(`${speedText(await timeWorks(device, Object.fromEntries(works)))}; ${count} weights`);
}

/** The checks, in the order of the table. */
export const ENCODER_CHECKS: readonly Check<TestedEncoder>[] = [
  {
    name: "shape of features",
    advice: "Let `dim` be the length of what the model gives: [batch, dim], pooled or flattened.",
    run: shape,
  },
  {
    name: "images of any size",
    advice: "Pool over the image before a dense layer, or let `anySize` be false.",
    run: anySize,
  },
  {
    name: "same features twice",
    advice: "Let layers be random in training only, and use running statistics in inference.",
    run: deterministic,
  },
  {
    name: "weights by seed",
    advice: "Give each initializer a seed drawn from rng(env.seed, STREAM.plugin).",
    run: checkSeed,
  },
  {
    name: "gradient",
    advice: "Connect every layer to the output, or let it not be trainable.",
    run: checkGradients,
  },
  {
    name: "saving and loading",
    advice: "Name each layer, and build the model of layers rather than of models.",
    run: checkReload,
  },
  {
    name: "leaked tensors",
    advice: "Make constants once, in create; wrap what a layer's call() makes in tf.tidy().",
    run: leaks,
  },
  {
    name: `speed, 32 × ${SIDE} × ${SIDE}`,
    advice: "",
    run: speed,
  },
  {
    name: "training",
    advice: "See the message: `--verbose` of a training with it shows where.",
    run: (tested) => trainTiny(tested, { encoder: tested.encoder }),
  },
];

/** The same seed gives the same weights. */
async function checkSeed({ encoder, again, device }: TestedEncoder): Promise<CheckResult> {
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
async function checkGradients(tested: TestedEncoder): Promise<CheckResult> {
  const { device: { tf }, again } = tested;
  const encoder = await again(0);
  const weights = trainableWeights(encoder.model);
  // A weight of 0, as the last scale of a residual block may be, hides those before it.
  let layer = 0;
  for (const weight of weights.values()) {
    const noise = tf.randomNormal(weight.shape, 0, 0.05, "float32", ++layer);
    weight.assign(tf.add(weight, noise));
  }
  const x = images(tested);
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
async function checkReload(tested: TestedEncoder): Promise<CheckResult> {
  const { encoder, again } = tested;
  const x = images(tested);
  const saved = await readVariables(encoderWeights(encoder.model));
  const file = encodeSafetensors(saved, {});
  const other = await again(1);
  try {
    assignVariables(encoderWeights(other.model), decodeSafetensors(file, "the file").tensors, "it");
    const expected = await featuresOf(tested, encoder, x);
    const got = await featuresOf(tested, other, x);
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

/**
 * The training step `conv` and the debiased loss in jax-js, as its documentation writes such code:
 * one `jit` around `valueAndGrad` and Adam. Every function of jax-js takes its arguments away, so what
 * is used again is passed as `.ref`.
 *
 * @module
 */
import { init, jit, lax, nn, numpy as np, tree, valueAndGrad } from "npm:@jax-js/jax@0.1.25";
import { defaultDevice, type Device } from "npm:@jax-js/jax@0.1.25";
import {
  CONV,
  HEAD,
  LEARNING_RATE,
  LOSS,
  lossViews,
  type StepSpec,
  stepViews,
} from "../support/steps.ts";
import { rng } from "../../lib/random.ts";

type Weights = np.Array[];
type Views = [np.Array, np.Array];

/** Takes WebGPU where jax-js finds it, else its WebAssembly. */
export async function openJax(): Promise<Device> {
  const device = (await init("wasm", "webgpu")).includes("webgpu") ? "webgpu" : "wasm";
  defaultDevice(device);
  return device;
}

/** One training step; each call of the result runs one, and waits for its loss. */
export function jaxStep(spec: StepSpec): () => Promise<void> {
  const shape = [spec.batch, spec.size, spec.size, 3];
  // NHWC as in the other programs; jax-js convolves NCHW.
  const views = stepViews(spec).map((view) =>
    np.array(view).reshape(shape).transpose([0, 3, 1, 2])
  );
  const mask = negativeMask(spec.batch);
  const loss = (weights: Weights, a: np.Array, b: np.Array, mask: np.Array) =>
    debiased(embed(tree.ref(weights), a), embed(weights, b), mask);
  const step = jit((
    weights: Weights,
    first: Weights,
    second: Weights,
    rates: Views,
    a: np.Array,
    b: np.Array,
    mask: np.Array,
  ): [np.Array, Weights, Weights, Weights] => {
    const [value, grads] = valueAndGrad(loss)(tree.ref(weights), a, b, mask);
    const moments = first.map((m, i) => m.mul(0.9).add(grads[i].ref.mul(0.1)));
    const squares = second.map((v, i) => v.mul(0.999).add(np.square(grads[i]).mul(0.001)));
    const updated = weights.map((w, i) =>
      w.sub(
        moments[i].ref.mul(rates[0].ref)
          .div(np.sqrt(squares[i].ref.mul(rates[1].ref)).add(1e-8)),
      )
    );
    rates.forEach((rate) => rate.dispose());
    return [value, updated, moments, squares];
  });

  let weights = firstWeights();
  let first = weights.map((w) => np.zeros(w.shape)), second = weights.map((w) => np.zeros(w.shape));
  let t = 0;
  return async () => {
    t++;
    const rates: Views = [
      np.array([LEARNING_RATE / (1 - 0.9 ** t)]),
      np.array([1 / (1 - 0.999 ** t)]),
    ];
    const done = step(weights, first, second, rates, views[0].ref, views[1].ref, mask.ref);
    [weights, first, second] = [done[1], done[2], done[3]];
    await done[0].data();
  };
}

/** The loss alone, forward and backward, of random unit rows. */
export function jaxLoss(pairs: number): () => Promise<void> {
  const views = lossViews(pairs).map((view) => np.array(view).reshape([pairs, HEAD.out]));
  const mask = negativeMask(pairs);
  const step = jit(valueAndGrad(
    ([a, b]: np.Array[], mask: np.Array) => debiased(unitRows(a), unitRows(b), mask),
  ));
  return async () => {
    const [value, grads] = step(views.map((view) => view.ref), mask.ref);
    for (const grad of grads) await grad.data();
    value.dispose();
  };
}

function firstWeights(): Weights {
  let channels = 3, key = 10;
  const layer = (shape: number[]) => {
    const fanIn = shape.slice(1).reduce((product, side) => product * side);
    return np.array(normals(shape[0] * fanIn, key++)).reshape(shape).mul(Math.sqrt(2 / fanIn));
  };
  const normal = (width: number) => [np.ones([width]), np.zeros([width])];
  const convolutions = CONV.widths.flatMap((width) => {
    const kernel = layer([width, channels, 3, 3]);
    channels = width;
    return [kernel, ...normal(width)];
  });
  return [
    ...convolutions,
    layer([channels, HEAD.hidden]),
    ...normal(HEAD.hidden),
    layer([HEAD.hidden, HEAD.out]),
    np.zeros([HEAD.out]),
  ];
}

function embed(weights: Weights, images: np.Array): np.Array {
  const x = CONV.strides.reduce((x, stride, i) => {
    const [kernel, gamma, beta] = weights.slice(3 * i);
    const y = lax.conv(x, kernel, [stride, stride], [[1, 1], [1, 1]]);
    return nn.relu(batchNorm(y, gamma, beta, [0, 2, 3]));
  }, images);
  const [first, gamma, beta, second, bias] = weights.slice(3 * CONV.strides.length);
  const hidden = nn.relu(batchNorm(np.matmul(np.mean(x, [2, 3]), first), gamma, beta, [0]));
  return unitRows(np.matmul(hidden, second).add(bias));
}

/** By the statistics of the batch; the running ones are not kept here. */
function batchNorm(x: np.Array, gamma: np.Array, beta: np.Array, axes: number[]): np.Array {
  const centered = x.ref.sub(np.mean(x, axes, { keepdims: true }));
  const variance = np.mean(np.square(centered.ref), axes, { keepdims: true });
  const shape = axes.length === 1 ? [1, -1] : [1, -1, 1, 1];
  return centered.div(np.sqrt(variance.add(1e-5))).mul(gamma.reshape(shape)).add(
    beta.reshape(shape),
  );
}

function unitRows(z: np.Array): np.Array {
  return z.ref.div(np.sqrt(np.sum(np.square(z), 1, { keepdims: true })));
}

/** 1 but for the row itself and its positive. */
function negativeMask(batch: number): np.Array {
  return np.tile(np.eye(batch), [2, 2]).mul(-1).add(1);
}

function debiased(a: np.Array, b: np.Array, mask: np.Array): np.Array {
  const { temperature, tauPlus } = LOSS;
  const count = mask.shape[0] - 2;
  const positive = np.exp(np.sum(a.ref.mul(b.ref), 1).div(temperature));
  const both = np.concatenate([positive.ref, positive]);
  const z = np.concatenate([a, b]);
  const products = np.matmul(z.ref, z.transpose());
  const negatives = np.sum(np.exp(products.div(temperature)).mul(mask), 1);
  const estimate = np.maximum(
    negatives.sub(both.ref.mul(tauPlus * count)).div(1 - tauPlus),
    count * Math.exp(-1 / temperature),
  );
  return np.mean(np.log(both.ref.div(both.add(estimate)))).mul(-1);
}

function normals(length: number, key: number): Float32Array<ArrayBuffer> {
  const random = rng(key);
  return Float32Array.from({ length }, () => random.normal());
}

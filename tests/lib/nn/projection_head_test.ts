import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { forward } from "./forward.ts";
import { projectionHead } from "../../../lib/nn/projection_head.ts";
import { namedWeights } from "../../../lib/nn/weights.ts";
import { testOnDevices } from "../../support/devices.ts";
import { assertClose, batchNorm } from "./reference.ts";

testOnDevices("the head is linear, batch norm, ReLU, linear", async () => {
  const head = projectionHead(3, 2, 1, { hidden: 4 });
  const weights = new Map<string, Float64Array>();
  for (const [name, value] of namedWeights(head)) {
    weights.set(name, Float64Array.from(await value.data()));
  }
  assertEquals([...weights.keys()], [
    "head.0.kernel",
    "head.1.gamma",
    "head.1.beta",
    "head.1.moving_mean",
    "head.1.moving_variance",
    "head.3.kernel",
    "head.3.bias",
  ]);
  const features = [1, -2, 3, 0.5, 1, -1, 2, 0, 1];
  const of = (name: string) => weights.get(name)!;
  const hidden = batchNorm(
    matMul(features, of("head.0.kernel"), 3, 4),
    of("head.1.gamma"),
    of("head.1.beta"),
  );
  const expected = matMul(hidden.map((value) => Math.max(0, value)), of("head.3.kernel"), 4, 2)
    .map((value, i) => value + of("head.3.bias")[i % 2]);
  const y = tf.tidy(() => forward(head, tf.tensor2d(features, [3, 3]), true));
  assertClose(await y.data(), expected, 1e-5);
  y.dispose();
  head.dispose();
});

testOnDevices("the hidden width is 512 where none is given", () => {
  const head = projectionHead(8, 16, 1);
  const shapes = [...namedWeights(head).values()].map((value) => value.shape);
  assertEquals([shapes[0], shapes[5], shapes[6]], [[8, 512], [512, 16], [16]]);
  head.dispose();
});

function matMul(a: ArrayLike<number>, b: Float64Array, inner: number, columns: number) {
  return Float64Array.from({ length: a.length / inner * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a[row * inner + k] * b[k * columns + column];
    return sum;
  });
}

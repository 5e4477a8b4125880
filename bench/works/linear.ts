/**
 * The loops of the linear probe on cached features.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { regression } from "../../lib/evaluate/softmax.ts";
import { rng } from "../../lib/random.ts";
import { makeOptimizer } from "../../lib/train/optimizer.ts";
import type { Comparison } from "../support/paired.ts";

const LENGTH = 60_000;
const DIM = 512;
const CLASSES = 10;
const BATCH = 512;

function examples() {
  const labels = Int32Array.from({ length: LENGTH }, (_, i) => i % CLASSES);
  const order = Int32Array.from(rng(0).permutation(LENGTH));
  const x = tf.randomUniform<tf.Rank.R2>([LENGTH, DIM], -1, 1, "float32", 1);
  return regression(tf, { x, labels, classes: CLASSES }, order);
}

/** Loss and gradient of all examples, as a step of L-BFGS needs them. */
function evaluation() {
  const all = examples();
  const w = tf.zeros<tf.Rank.R2>([DIM + 1, CLASSES]);
  return () => all.gradientAt(w);
}

function epoch() {
  const all = examples();
  const w = tf.variable(tf.zeros<tf.Rank.R2>([DIM + 1, CLASSES]));
  const optimizer = makeOptimizer(new Map([["linear", w]]), {
    optimizer: "adam",
    weightDecay: 1e-6,
    momentum: 0,
  });
  return () => {
    for (let start = 0; start < LENGTH; start += BATCH) {
      const grad = all.gradientAt(w, start, Math.min(BATCH, LENGTH - start));
      optimizer.step({ [w.name]: grad.gradient }, 1e-3);
      tf.dispose(grad);
    }
  };
}

const shape = `${LENGTH} × ${DIM} features, ${CLASSES} classes`;

/** The standard protocol's step, and an epoch of the reference's. */
export const comparisons: Comparison[] = [
  { what: `softmax regression, loss and gradient, ${shape}`, stock: evaluation, ours: evaluation },
  { what: `softmax regression, Adam epoch by ${BATCH}, ${shape}`, stock: epoch, ours: epoch },
];

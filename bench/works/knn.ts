/**
 * The nearest of many by their similarities.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { runKernel } from "../../lib/kernels/calls.ts";
import type { Comparison } from "../support/paired.ts";

const ROWS = 16;
const WIDTH = 60_000;
const K = 200;

const similarities = () => tf.randomUniform<tf.Rank.R2>([ROWS, WIDTH], -1, 1, "float32", 1);

/** Stock TensorFlow.js sorts; ours leaves a few more than k to be sorted when they are read. */
export const comparisons: Comparison[] = [{
  what: `the ${K} largest of ${WIDTH}, ${ROWS} rows`,
  stock: () => {
    const x = similarities();
    return () => tf.topk(x, K);
  },
  ours: () => {
    const values = similarities();
    return () => runKernel("TopCandidates", { values }, { k: K, room: 512 });
  },
}];

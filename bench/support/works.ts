/**
 * All comparisons of single operations: the same computation on the stock backend and on ours.
 *
 * @module
 */
import { comparisons as batchNorm } from "../works/batch_norm.ts";
import { comparisons as contrast } from "../works/contrast.ts";
import { comparisons as conv2d } from "../works/conv2d.ts";
import { comparisons as filterGradient } from "../works/conv2d_filter_gradient.ts";
import { comparisons as knn } from "../works/knn.ts";
import { comparisons as linear } from "../works/linear.ts";
import { comparisons as matMul } from "../works/mat_mul.ts";
import { comparisons as optimizer } from "../works/optimizer.ts";
import { comparisons as pool } from "../works/pool.ts";
import { comparisons as views } from "../works/views.ts";
import type { Comparison } from "./paired.ts";

/** What is compared, in the order of the table. */
export const WORKS: readonly Comparison[] = [
  ...filterGradient,
  ...conv2d,
  ...batchNorm,
  ...pool,
  ...contrast,
  ...views,
  ...optimizer,
  ...matMul,
  ...linear,
  ...knn,
];

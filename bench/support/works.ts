/**
 * All comparisons of single operations: the same computation on the stock backend and on ours.
 *
 * @module
 */
import { comparisons as batchNorm } from "../works/batch_norm.ts";
import { comparisons as filterGradient } from "../works/conv2d_filter_gradient.ts";
import { comparisons as optimizer } from "../works/optimizer.ts";
import type { Comparison } from "./paired.ts";

/** What is compared, in the order of the table. */
export const WORKS: readonly Comparison[] = [
  ...filterGradient,
  ...batchNorm,
  ...optimizer,
];

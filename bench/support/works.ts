/**
 * All comparisons of single operations: the same computation on the stock backend and on ours.
 *
 * @module
 */
import type { Comparison } from "./paired.ts";

/** What is compared, by the name of its group. */
export const WORKS: Readonly<Record<string, readonly Comparison[]>> = {};

/**
 * What moves numbers without changing them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { KernelCheck } from "../kernel_check.ts";
import { normal, withGradients } from "../kernel_check.ts";

const GROUP = "copies";

export const checks: readonly KernelCheck[] = [
  {
    group: GROUP,
    name: "clones and casts that outlive their original",
    kernels: { wasm: ["Identity", "Cast"] },
    tolerance: 0,
    compute: () => {
      const x = normal(1, [5, 7]);
      const copies = [x.clone(), tf.cast(x, "float32"), tf.cast(x, "int32")];
      x.dispose();
      // Would take the place of x if x were freed.
      tf.ones([5, 7]);
      return copies;
    },
  },
  {
    group: GROUP,
    name: "slices, padding and tiling",
    kernels: { wasm: ["Slice", "PadV2", "Tile"] },
    tolerance: 0,
    compute: () => {
      const x = normal(1, [3, 5, 40]);
      return [
        x.slice([1, 1, 2], [2, 3, 3]),
        x.slice([0, 1, 10], [3, 1, 30]),
        x.pad([[1, 0], [0, 2], [3, 1]], 9),
        x.tile([2, 1, 3]),
      ];
    },
  },
  {
    group: GROUP,
    name: "gathering rows, and its gradient",
    kernels: { wasm: ["GatherV2", "UnsortedSegmentSum"] },
    tolerance: 1e-6,
    compute: () => {
      const indices = tf.tensor1d([2, 0, 2, 4], "int32");
      return withGradients((x) => x.gather(indices), [normal(1, [5, 3, 7])]);
    },
  },
];

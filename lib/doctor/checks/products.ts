/**
 * Matrix products, sums and means.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { KernelCheck } from "../kernel_check.ts";
import { normal, withGradients } from "../kernel_check.ts";

const GROUP = "matrix products and sums";

/** Rows, inner size and columns: odd ones, ones by fours, and a sum of several slices. */
const FEW = [5, 7, 9], FOURS = [12, 8, 20], SLICES = [6, 301, 12];
const SIDES = [[false, false], [true, false], [false, true], [true, true]];

/** Products of these sizes, either side transposed or not, with gradients. */
function products(...sizes: number[][]): tf.Tensor[] {
  return sizes.flatMap(([m, k, n], i) =>
    SIDES.flatMap(([transposeA, transposeB]) =>
      withGradients((a, b) => tf.matMul(a, b, transposeA, transposeB), [
        normal(2 * i, transposeA ? [k, m] : [m, k]),
        normal(2 * i + 1, transposeB ? [n, k] : [k, n]),
      ])
    )
  );
}

export const checks: readonly KernelCheck[] = [
  {
    group: GROUP,
    name: "matrix product, either side transposed, and its gradients",
    kernels: { webgpu: ["BatchMatMul"], wasm: ["BatchMatMul"] },
    tolerance: 1e-5,
    compute: () => [
      ...products(FEW, FOURS),
      tf.matMul(normal(1, [3, 4, 5]), normal(2, [3, 5, 8])),
      tf.matMul(normal(1, [3, 4, 5]), normal(2, [1, 7, 5]), false, true),
    ],
  },
  {
    group: "float16",
    name: "matrix product and its gradients, operands rounded to float16",
    kernels: { webgpu: ["BatchMatMul"] },
    mixed: true,
    tolerance: 2e-3,
    compute: () => products(FOURS),
  },
  {
    group: GROUP,
    name: "matrix product with a bias and ReLU",
    kernels: { webgpu: ["_FusedMatMul"], wasm: ["_FusedMatMul"] },
    tolerance: 1e-5,
    compute: () =>
      (["linear", "relu"] as const).flatMap((activation) =>
        [FOURS, SLICES].map(([m, k, n]) =>
          tf.fused.matMul({
            a: normal<tf.Rank.R2>(1, [k, m]),
            b: normal<tf.Rank.R2>(2, [k, n]),
            transposeA: true,
            bias: normal(3, [n]),
            activation,
          })
        )
      ),
  },
  {
    group: GROUP,
    name: "sums and means over the leading axes",
    kernels: { webgpu: ["Sum", "Mean"], wasm: ["Sum", "Mean"] },
    tolerance: 1e-5,
    compute: () =>
      [[129, 67], [300, 4], [3, 5, 4, 11]].flatMap((shape) => {
        const x = normal(4, shape);
        const axes = shape.slice(1).map((_, axis) => axis);
        return [x.sum(0), x.mean(0), x.sum(axes), x.mean(axes, true)];
      }),
  },
];

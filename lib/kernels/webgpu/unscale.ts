/**
 * Divides gradients by the scale of the loss, and tests whether all of them are finite:
 *
 *     y_p = factor·g_p,   overflow = [some element of some y_p is infinite or NaN]
 *
 * The bits are tested, because compilers may assume that every number is finite.
 *
 * One pass.
 * Tests and reference: `tests/lib/kernels/webgpu/unscale_test.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { UnscaleAttributes } from "../calls.ts";
import { emptyTensor, runProgram } from "./program.ts";
import { threadGrid, threadMain } from "./threads.ts";
import { vectorType, vectorWidth } from "./tiles.ts";

const wgsl = ({ WIDTH }: Readonly<Record<string, number>>) =>
  `${threadMain("i")}
  if (i >= u.size) { return; }
  let value = g[i] * u.factor;
  y[i] = value;
  let exponent = bitcast<${WIDTH === 4 ? "vec4u" : "u32"}>(value) & ${
    WIDTH === 4 ? "vec4u(0x7f800000u)" : "0x7f800000u"
  };
  if (any(exponent == ${WIDTH === 4 ? "vec4u(0x7f800000u)" : "0x7f800000u"})) {
    atomicStore(&overflow[0], 1);
  }
}`;

/**
 * The kernel `UnscaleGradients`: takes gradients under any names; returns `overflow` [1], 0 or 1, then y
 * of each gradient in their order.
 */
export function unscaleGradients(
  backend: WebGPUBackend,
  gradients: Record<string, tf.TensorInfo>,
  { factor }: UnscaleAttributes,
): tf.TensorInfo[] {
  const overflow = backend.makeTensorInfo([1], "int32", new Int32Array(1));
  const scaled = Object.values(gradients).map((g) => {
    const scalars = tf.util.sizeFromShape(g.shape);
    const WIDTH = vectorWidth(scalars);
    const element = vectorType(WIDTH);
    const y = emptyTensor(backend, g.shape);
    runProgram(backend, {
      name: "unscale_gradients",
      constants: { WIDTH },
      inputs: { g: { tensor: g, element } },
      outputs: {
        y: { tensor: y, element },
        overflow: { tensor: overflow, element: "atomic<i32>" },
      },
      uniforms: { size: scalars / WIDTH, factor: { f32: factor } },
      wgsl,
      workgroups: threadGrid(backend, scalars / WIDTH),
    });
    return y;
  });
  return [overflow, ...scaled];
}

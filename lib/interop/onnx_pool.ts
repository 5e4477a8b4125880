/**
 * Average pooling to a grid of a given size, in ONNX, which has no such operator. Pooling is linear:
 * with P [size, n], where P_iy is 1/length of cell i for each y in it and else 0,
 *
 *     pooled = P_height · x · P_widthᵀ   per image and channel,
 *
 * and both P are computed from the size of the image, which may so be any. Cell i of an axis of
 * length n is ⌊i·n/size⌋ … ⌈(i+1)·n/size⌉ − 1, as in PyTorch's `AdaptiveAvgPool2d`.
 *
 * @module
 */
import type { Site } from "./onnx_layers.ts";
import { CAST_FLOAT } from "./onnx_proto.ts";

/** Adds the operators; gives the name of [batch, channels, size, size]. */
export function adaptiveAveragePool(site: Site, size: number): string {
  const { inputs: [image], add } = site;
  const shape = add("Shape", [image], {}, "shape");
  const rows = add("MatMul", [cellMeans(site, size, shape, 2), image], {}, "rows");
  const perm = { ints: [1, 0] };
  const columns = add("Transpose", [cellMeans(site, size, shape, 3)], { perm }, "columns");
  return add("MatMul", [rows, columns], {}, "cells");
}

/** P [size, n] of an axis of the image, in whole numbers until its last division. */
function cellMeans({ constant, add }: Site, size: number, shape: string, axis: number): string {
  const part = (name: string) => `axis${axis}_${name}`;
  const integers = (name: string, dims: number[], values: number[]) =>
    constant(part(name), dims, BigInt64Array.from(values.map(BigInt)));
  const op = (name: string, opType: string, ...inputs: string[]) =>
    add(opType, inputs, {}, part(name));
  const cells = Array.from({ length: size }, (_, i) => i);

  const n = op("n", "Gather", shape, integers("axis", [], [axis]));
  const count = integers("size", [], [size]);
  const begin = op("begin", "Div", op("i_n", "Mul", integers("i", [size, 1], cells), n), count);
  const next = integers("next", [size, 1], cells.map((i) => i + 1));
  const raised = op("raised", "Add", op("next_n", "Mul", next, n), integers("up", [], [size - 1]));
  const end = op("end", "Div", raised, count);

  const y = op("y", "Range", integers("zero", [], [0]), n, integers("one", [], [1]));
  const after = op("after", "GreaterOrEqual", y, begin);
  const inside = op("inside", "And", after, op("before", "Less", y, end));
  const float = (name: string, value: string) =>
    add("Cast", [value], { to: CAST_FLOAT }, part(name));
  return op("P", "Div", float("ones", inside), float("length", op("cells", "Sub", end, begin)));
}

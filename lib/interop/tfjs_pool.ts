/**
 * Average pooling to a grid of a given size as layers of TensorFlow.js, for images of one size: along
 * each axis it is a product with the matrix of the cells' means, and so a dense layer.
 *
 * @module
 */
import { z } from "zod";
import type { ExportGraph, ExportLayer, Weight } from "./export_graph.ts";

/**
 * The layers that stand for an `AdaptiveAveragePool`, the last of them under its name:
 * [h, w, c] → [w, c, h] → [w, c, size] → [c, size, w] → [c, size, size] → [size, size, c] → rows.
 */
export function adaptiveAveragePool(layer: ExportLayer, { layers }: ExportGraph): ExportLayer[] {
  const { size } = z.object({ size: z.number() }).parse(layer.config);
  const [height, width, channels] =
    layers.find(({ name }) => name === layer.inputs[0])!.outputShape;
  let from = layer.inputs[0];
  const next = (
    part: string | undefined,
    className: string,
    config: Record<string, unknown>,
    outputShape: number[],
    weights: [string, Weight][] = [],
  ): ExportLayer => {
    const name = part === undefined ? layer.name : `${layer.name}.${part}`;
    const inputs = [from];
    from = name;
    const settings = { name, trainable: true, ...config };
    return { name, className, config: settings, inputs, outputShape, weights: new Map(weights) };
  };
  const turn = (part: string, shape: number[]) => next(part, "Permute", { dims: [2, 3, 1] }, shape);
  const means = (part: string, length: number, shape: number[]) => {
    const config = { units: size, activation: "linear", use_bias: false };
    return next(part, "Dense", config, shape, [["kernel", cellMeans(length, size)]]);
  };
  return [
    turn("height_last", [width, channels, height]),
    means("rows", height, [width, channels, size]),
    turn("width_last", [channels, size, width]),
    means("columns", width, [channels, size, size]),
    turn("channels_last", [size, size, channels]),
    next(undefined, "Flatten", {}, layer.outputShape.slice()),
  ];
}

/** [n, size]: column i is 1/length within cell i, ⌊i·n/size⌋ … ⌈(i+1)·n/size⌉ − 1, and else 0. */
function cellMeans(n: number, size: number): Weight {
  const data = new Float32Array(n * size);
  for (let i = 0; i < size; i++) {
    const begin = Math.floor(i * n / size);
    const end = Math.ceil((i + 1) * n / size);
    for (let y = begin; y < end; y++) data[y * size + i] = 1 / (end - begin);
  }
  return { dtype: "F32", shape: [n, size], data };
}

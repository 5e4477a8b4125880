/**
 * The normalisation of images as part of a network.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { cannot, type ExportGraph, type ExportLayer, type Weight } from "./export_graph.ts";

/** The name of the layer that normalises. */
const NAME = "normalization";

/**
 * The network after (pixel/255 − mean)/std per channel, so that it takes pixels of 0 to 255. That is
 * a batch norm of running mean 255·mean and running variance (255·std)². Throws a UsageError where
 * the network takes no images.
 */
export function takePixels(
  graph: ExportGraph,
  { mean, std }: { readonly mean: ArrayLike<number>; readonly std: ArrayLike<number> },
): ExportGraph {
  const [input, ...layers] = graph.layers;
  if (input.outputShape.length !== 3) {
    throw new UsageError({
      act: "let the exported network take pixels",
      rule: "its examples must be images, [height, width, channels]",
      got: `[${input.outputShape}]`,
      next: "Leave out --pixels.",
    });
  }
  if (layers.some(({ name }) => name === NAME)) {
    throw cannot(NAME, "with --pixels no layer may have this name");
  }
  const vector = (values: ArrayLike<number>, map: (value: number) => number): Weight => {
    const data = Float32Array.from(values, map);
    return { dtype: "F32", shape: [data.length], data };
  };
  const normalization: ExportLayer = {
    name: NAME,
    className: "BatchNormalization",
    config: { name: NAME, trainable: false, axis: -1, epsilon: 0, center: false, scale: false },
    inputs: [input.name],
    outputShape: input.outputShape,
    weights: new Map([
      ["moving_mean", vector(mean, (m) => 255 * m)],
      ["moving_variance", vector(std, (s) => (255 * s) ** 2)],
    ]),
  };
  const after = layers.map((layer) => ({
    ...layer,
    inputs: layer.inputs.map((name) => name === input.name ? NAME : name),
  }));
  return { ...graph, layers: [input, normalization, ...after] };
}

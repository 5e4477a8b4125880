/**
 * Batch normalization, as it is at evaluation, folded into the layer before it.
 *
 *     γ·(W·x + b − μ)/√(σ² + ε) + β = (s·W)·x + (β + s·(b − μ)),   s = γ/√(σ² + ε)
 *
 * per output channel; a convolution's zeros around the image stay zeros, since only its output is
 * scaled. (Jacob et al. 2018, arXiv:1712.05877, section 3.2.)
 *
 * @module
 */
import { z } from "zod";
import { UsageError } from "../errors.ts";
import {
  cannot,
  consumersOf,
  type ExportGraph,
  type ExportLayer,
  type Weight,
} from "./export_graph.ts";

/** An affine map of the outputs of a layer, [out] each. */
export interface Normalization {
  /** γ; 1 where absent. */
  readonly gamma?: ArrayLike<number>;
  /** β; 0 where absent. */
  readonly beta?: ArrayLike<number>;
  /** The running mean μ. */
  readonly mean: ArrayLike<number>;
  /** The running variance σ². */
  readonly variance: ArrayLike<number>;
  /** ε. */
  readonly epsilon: number;
}

/** Kernel [.., out] and bias [out] that give the normalized output, in float64. */
export function foldWeights(
  kernel: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  { gamma, beta, mean, variance, epsilon }: Normalization,
): { kernel: Float64Array; bias: Float64Array } {
  const scale = Float64Array.from(variance, (v, c) => (gamma?.[c] ?? 1) / Math.sqrt(v + epsilon));
  const channels = scale.length;
  const scaled = new Float64Array(kernel.length);
  for (let i = 0; i < scaled.length; i++) scaled[i] = kernel[i] * scale[i % channels];
  return {
    kernel: scaled,
    bias: scale.map((s, c) => (beta?.[c] ?? 0) + s * ((bias?.[c] ?? 0) - mean[c])),
  };
}

/** The layers whose output channels are the last axis of their kernel. */
const LINEAR = ["Conv2D", "Dense"];

const Settings = z.object({ activation: z.string().default("linear") });
const NormSettings = z.object({ epsilon: z.number(), axis: z.number() });

/**
 * The network with every batch norm folded into the convolution or dense layer before it.
 *
 * Throws a UsageError naming the first batch norm that follows another layer, or one whose output
 * is used elsewhere.
 */
export function foldBatchNorms(graph: ExportGraph): ExportGraph {
  const consumers = consumersOf(graph);
  const outputs = new Set(graph.outputs.values());
  const layers = new Map<string, ExportLayer>();
  // A folded batch norm is the layer before it.
  const stands = new Map<string, string>();
  const real = (name: string) => stands.get(name) ?? name;
  for (const layer of graph.layers) {
    if (layer.className !== "BatchNormalization") {
      layers.set(layer.name, { ...layer, inputs: layer.inputs.map(real) });
      continue;
    }
    const [input] = layer.inputs;
    const before = layers.get(real(input))!;
    const alone = consumers.get(input)!.length === 1 && !outputs.has(input);
    const linear = LINEAR.includes(before.className) &&
      Settings.parse(before.config).activation === "linear";
    if (!alone || !linear) {
      throw new UsageError({
        act: `fold the batch norm ${layer.name}`,
        rule: "it must follow a convolution or a dense layer that nothing else uses",
        got: `${before.className} ${before.name}`,
        next: "Leave out --fold.",
      });
    }
    layers.set(before.name, folded(before, layer));
    stands.set(layer.name, before.name);
  }
  return {
    layers: [...layers.values()],
    outputs: new Map([...graph.outputs].map(([output, name]) => [output, real(name)])),
  };
}

/** What a batch norm does at evaluation. Throws a UsageError unless it is one of channels. */
export function normalizationOf(
  { name, config, weights, outputShape }: ExportLayer,
): Normalization {
  const { epsilon, axis } = NormSettings.parse(config);
  if (axis !== -1 && axis !== outputShape.length) {
    throw cannot(name, "it must normalize over the last axis, the channels", axis);
  }
  return {
    gamma: weights.get("gamma")?.data,
    beta: weights.get("beta")?.data,
    mean: weights.get("moving_mean")!.data,
    variance: weights.get("moving_variance")!.data,
    epsilon,
  };
}

function folded(layer: ExportLayer, norm: ExportLayer): ExportLayer {
  const { shape, data } = layer.weights.get("kernel")!;
  const { kernel, bias } = foldWeights(
    data,
    layer.weights.get("bias")?.data,
    normalizationOf(norm),
  );
  return {
    ...layer,
    config: { ...layer.config, use_bias: true },
    weights: new Map([
      ["kernel", float32(shape, kernel)],
      ["bias", float32([bias.length], bias)],
    ]),
  };
}

const float32 = (shape: readonly number[], data: Float64Array): Weight => ({
  dtype: "F32",
  shape,
  data: new Float32Array(data),
});

/** The name of the layer that normalizes. */
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

/**
 * A network as the files of a TensorFlow.js layers model: `model.json` (topology in Keras' form, and
 * what the weights are called) and weights in shards of 4 MiB, which browsers keep each by itself.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { cannot, type ExportGraph, type ExportLayer, type Weight } from "./export_graph.ts";

const SHARD_BYTES = 4 * 2 ** 20;

/** The classes that every TensorFlow.js has; a factory is called as its class but for its case. */
const STOCK = new Set(["InputLayer", ...Object.keys(tf.layers)].map((name) => name.toLowerCase()));

/** What a network does not say by itself. */
export interface TfjsOptions {
  readonly name: string;
  /** What the model's `userDefinedMetadata` will be. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface TfjsFiles {
  /** Their contents by name; `model.json` is what is loaded. */
  readonly files: Map<string, Uint8Array | string>;
  /**
   * Whether images must be of the size of the graph, as where there is an adaptive pooling, which no
   * layer of TensorFlow.js does for every size.
   */
  readonly fixedSize: boolean;
}

/** The files of the network. Throws a UsageError naming the first layer that is no stock one. */
export function tfjsModel(graph: ExportGraph, { name, metadata }: TfjsOptions): TfjsFiles {
  const fixedSize = graph.layers.some(isAdaptive);
  const layers = graph.layers.flatMap((layer) => {
    if (isAdaptive(layer)) return adaptiveAveragePool(layer, graph);
    if (!STOCK.has(layer.className.toLowerCase())) {
      throw cannot(layer.name, "its class must be one of TensorFlow.js", layer.className);
    }
    if (layer.inputs.length > 0 || !fixedSize) return layer;
    const config = { ...layer.config, batch_input_shape: [null, ...layer.outputShape] };
    return { ...layer, config };
  });
  const weights = layers.flatMap((layer) =>
    [...layer.weights].map(([part, weight]) => ({ name: `${layer.name}/${part}`, ...weight }))
  );
  const shards = shardsOf(weights.map(({ data }) => data));
  const model = {
    modelTopology: topology(name, layers, graph),
    format: "layers-model",
    generatedBy: `TensorFlow.js tfjs-layers v${tf.version["tfjs-layers"]}`,
    convertedBy: `tauplus ${metadata.tauplus}`,
    userDefinedMetadata: metadata,
    weightsManifest: [{
      paths: [...shards.keys()],
      weights: weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" })),
    }],
  };
  return {
    files: new Map<string, Uint8Array | string>([["model.json", JSON.stringify(model)], ...shards]),
    fixedSize,
  };
}

const isAdaptive = ({ className }: ExportLayer) => className === "AdaptiveAveragePool";

function topology(name: string, layers: readonly ExportLayer[], { outputs }: ExportGraph): unknown {
  return {
    class_name: "Model",
    config: {
      name,
      layers: layers.map(({ name, className, config, inputs }) => ({
        name,
        class_name: className,
        inbound_nodes: inputs.length > 0 ? [inputs.map((input) => [input, 0, 0, {}])] : [],
        config,
      })),
      input_layers: [[layers[0].name, 0, 0]],
      output_layers: [...outputs.values()].map((output) => [output, 0, 0]),
    },
    keras_version: `tfjs-layers ${tf.version["tfjs-layers"]}`,
    backend: "TensorFlow.js",
  };
}

/** One after the other, cut into files `group1-shard1of2.bin` …, as TensorFlow.js' converter does. */
function shardsOf(arrays: readonly Float32Array[]): Map<string, Uint8Array> {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  const count = Math.max(1, Math.ceil(bytes.length / SHARD_BYTES));
  return new Map(Array.from({ length: count }, (_, i) => [
    `group1-shard${i + 1}of${count}.bin`,
    bytes.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES),
  ]));
}

/**
 * The layers that stand for an `AdaptiveAveragePool`, the last of them under its name:
 * [h, w, c] → [w, c, h] → [w, c, size] → [c, size, w] → [c, size, size] → [size, size, c] → rows.
 */
function adaptiveAveragePool(layer: ExportLayer, { layers }: ExportGraph): ExportLayer[] {
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

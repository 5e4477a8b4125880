/**
 * A network as the files of a TensorFlow.js layers model: `model.json` (topology in Keras' form, and
 * what the weights are called) and weights in shards of 4 MiB, which browsers keep each by itself.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { cannot, type ExportGraph, type ExportLayer } from "./export_graph.ts";
import { adaptiveAveragePool } from "./tfjs_pool.ts";

const SHARD_BYTES = 4 * 2 ** 20;

/** The classes that every TensorFlow.js has; a factory is called as its class but for its case. */
const STOCK = new Set(["InputLayer", ...Object.keys(tf.layers)].map((name) => name.toLowerCase()));

/** What a network does not say by itself. */
export interface TfjsOptions {
  /** The name of the network. */
  readonly name: string;
  /** What the model's `userDefinedMetadata` will be. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The files of a model. */
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

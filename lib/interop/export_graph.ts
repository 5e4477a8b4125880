/**
 * A network outside TensorFlow.js: its layers as Keras saves them, with their weights. What every
 * export starts from.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { UsageError } from "../errors.ts";
import type { NamedArray } from "./named_array.ts";

/** A weight, row-major, in Keras' layout: kernels are [in, out] or [height, width, in, out]. */
export interface Weight extends NamedArray {
  /** Weights are float32. */
  readonly dtype: "F32";
  readonly data: Float32Array;
}

export interface ExportLayer {
  /** Its name, unique in the network. */
  readonly name: string;
  /** Keras' name for its class: `Conv2D`. */
  readonly className: string;
  /** Its settings, as Keras writes them: `kernel_size`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The names of the layers whose outputs it takes; none for the input. */
  readonly inputs: readonly string[];
  /** Its weights by name: `kernel`, `moving_mean`. */
  readonly weights: ReadonlyMap<string, Weight>;
  /** The shape of its output for an image of the given size, without the batch. */
  readonly outputShape: readonly number[];
}

/** A network of one input, layers in an order in which each follows those it takes. */
export interface ExportGraph {
  /** The layers; the first is the input. */
  readonly layers: readonly ExportLayer[];
  /** The names of the outputs, and the layers that give them. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** What is used of Keras' form; all of a layer's calls are its `inbound_nodes`. */
const Saved = z.object({
  config: z.object({
    layers: z.array(z.object({
      name: z.string(),
      class_name: z.string(),
      config: z.record(z.string(), z.unknown()),
      inbound_nodes: z.array(z.array(
        z.tuple([z.string(), z.number(), z.number()]).rest(z.unknown()),
      )),
    })),
  }),
});

/**
 * Reads a model of one input and one output, which will be called `output`.
 *
 * Throws a UsageError naming the layer that is a model itself, is used twice, gives several outputs
 * or has weights that are not float32.
 *
 * @param inputShape the shape of an example, [height, width, channels] for images
 */
export async function readGraph(
  model: tf.LayersModel,
  inputShape: readonly number[],
  output: string,
): Promise<ExportGraph> {
  if (model.inputs.length > 1 || model.outputs.length > 1) {
    throw cannot(model.name, "a model must have one input and one output");
  }
  // The saved form of a sequence of layers leaves out the input and what follows what.
  const whole = model.getClassName() === "Sequential"
    ? tf.model({ inputs: model.inputs, outputs: model.outputs })
    : model;
  const shapes = new Map<string, tf.Shape>();
  const described = Saved.parse(whole.toJSON(null, false)).config.layers.map((saved) => {
    const { name, class_name: className, config, inbound_nodes: [calls = [], ...others] } = saved;
    const layer = whole.getLayer(name);
    if (layer instanceof tf.LayersModel) {
      throw cannot(name, "it must be a single layer, not a model of layers");
    }
    if (others.length > 0) throw cannot(name, "each layer must be used once");
    const several = calls.find(([, , index]) => index > 0);
    if (several) throw cannot(several[0], "each layer must have one output");
    const inputs = calls.map(([from]) => from);
    const given = inputs.map((from) => shapes.get(from)!);
    const shape = given.length === 0
      ? [1, ...inputShape]
      : layer.computeOutputShape(given.length === 1 ? given[0] : given) as tf.Shape;
    shapes.set(name, shape);
    return { layer, name, className, config, inputs, outputShape: shape.slice(1).map(Number) };
  });
  const layers = await Promise.all(
    described.map(async ({ layer, ...rest }) => ({ ...rest, weights: await readWeights(layer) })),
  );
  return { layers, outputs: new Map([[output, whole.outputs[0].sourceLayer.name]]) };
}

/** A network, then another one on its output, which will be the second: `output`. */
export function joinGraphs(first: ExportGraph, second: ExportGraph, output: string): ExportGraph {
  const [input, ...layers] = second.layers;
  const taken = new Set(first.layers.map(({ name }) => name));
  const twice = layers.find(({ name }) => taken.has(name));
  if (twice) throw cannot(twice.name, "layers must have distinct names");
  const [from] = first.outputs.values();
  const [last] = second.outputs.values();
  const renamed = layers.map((layer) => ({
    ...layer,
    inputs: layer.inputs.map((name) => name === input.name ? from : name),
  }));
  return {
    layers: [...first.layers, ...renamed],
    outputs: new Map([...first.outputs, [output, last]]),
  };
}

/** The layers that take the output of each layer, by its name. */
export function consumersOf({ layers }: ExportGraph): Map<string, ExportLayer[]> {
  const consumers = new Map<string, ExportLayer[]>(layers.map(({ name }) => [name, []]));
  for (const layer of layers) for (const input of layer.inputs) consumers.get(input)!.push(layer);
  return consumers;
}

/** The error that a layer cannot be exported. */
export function cannot(layer: string, rule: string, got?: unknown): UsageError {
  return new UsageError({
    act: `export the layer ${layer}`,
    rule,
    ...(got !== undefined && { got }),
    next: "Choose another --format, or build the encoder from other layers.",
  });
}

async function readWeights(layer: tf.layers.Layer): Promise<Map<string, Weight>> {
  const weights = await Promise.all(layer.weights.map(async (variable) => {
    const value = variable.read();
    const data = await value.data();
    if (!(data instanceof Float32Array)) {
      throw cannot(layer.name, "its weights must be float32", value.dtype);
    }
    const name = variable.originalName.slice(layer.name.length + 1);
    const weight: Weight = { dtype: "F32", shape: value.shape, data };
    return [name, weight] as const;
  }));
  return new Map(weights);
}

/**
 * A network as an ONNX graph. Images go in as [batch, channels, height, width], as runtimes have
 * them; batch, height and width may be any.
 *
 * @module
 */
import { cannot, consumersOf, type ExportGraph, type ExportLayer } from "./export_graph.ts";
import { imagePadding, NO_PADDING, OPERATORS, type Padding, type Site } from "./onnx_layers.ts";
import {
  CAST_FLOAT,
  type OnnxConstant,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from "./onnx_proto.ts";

/** What a network does not say by itself. */
export interface OnnxOptions {
  readonly name: string;
  readonly version: string;
  /** Whether it takes images of every height and width. */
  readonly anySize: boolean;
  /** What the input is: float32, or bytes that the first operator makes float32. */
  readonly inputType: OnnxValue["type"];
  /** A sentence on what the input is, for whoever opens the file. */
  readonly inputDescription: string;
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The network with the input `image` (`example` where it takes no images) and its outputs by name,
 * [batch, length] each.
 *
 * Throws a UsageError naming the first layer that has no counterpart.
 */
export function onnxModel(graph: ExportGraph, options: OnnxOptions): OnnxModel {
  const [first] = graph.layers;
  const input = inputOf(first, options);
  const outputs = new Map([...graph.outputs].map(([output, name]) => [name, output]));
  const absorbed = absorbedPadding(graph);
  const byName = new Map(graph.layers.map((layer) => [layer.name, layer]));
  // No layer of TensorFlow.js has a colon in its name.
  const values = new Map([[first.name, input.name]]);
  const nodes: OnnxNode[] = [];
  if (input.type === "uint8") {
    const value = `${input.name}:0`;
    const attributes = { to: CAST_FLOAT };
    nodes.push({ name: value, opType: "Cast", inputs: [input.name], output: value, attributes });
    values.set(first.name, value);
  }
  const constants: OnnxConstant[] = [];
  for (const layer of graph.layers.slice(1)) {
    const { name, className } = layer;
    const inputs = layer.inputs.map((from) => values.get(from)!);
    if (absorbed.has(name)) {
      values.set(name, inputs[0]);
      continue;
    }
    if (!Object.hasOwn(OPERATORS, className)) {
      throw cannot(name, "its class must have a counterpart in ONNX", className);
    }
    const output = outputs.get(name) ?? `${name}:0`;
    values.set(name, output);
    const site: Site = {
      layer,
      inputs,
      inputShape: byName.get(layer.inputs[0])!.outputShape,
      padding: absorbed.get(layer.inputs[0]) ?? NO_PADDING,
      constant: (part, shape, data) => {
        constants.push({ name: `${name}.${part}`, shape, data });
        return `${name}.${part}`;
      },
      add: (opType, from, attributes = {}, part) => {
        const value = part === undefined ? output : `${name}:${part}`;
        nodes.push({ name: value, opType, inputs: from, output: value, attributes });
        return value;
      },
    };
    OPERATORS[className](site);
  }
  const { name, version, metadata } = options;
  return {
    name,
    version,
    nodes,
    constants,
    input,
    outputs: [...outputs].map(([layer, output]) => ({
      name: output,
      shape: ["batch", ...byName.get(layer)!.outputShape],
      type: "float32",
      description: `the output of ${layer}`,
    })),
    metadata,
  };
}

function inputOf(
  { name, outputShape, config }: ExportLayer,
  { anySize, inputType: type, inputDescription: description }: OnnxOptions,
): OnnxValue {
  const [, height, width] = Array.isArray(config.batch_input_shape) ? config.batch_input_shape : [];
  const side = (length: unknown, any: string) =>
    typeof length === "number" && !anySize ? length : any;
  switch (outputShape.length) {
    case 1:
      return { name: "example", shape: ["batch", outputShape[0]], type, description };
    case 3: {
      const shape = ["batch", outputShape[2], side(height, "height"), side(width, "width")];
      return { name: "image", shape, type, description };
    }
    default:
      throw cannot(name, "the input must be images or rows", `[${outputShape}]`);
  }
}

/**
 * The paddings that the layers after them can do themselves: convolutions, and maxima of what is
 * nowhere negative, so that their −∞ around the image is as good as the zeros.
 *
 * Throws a UsageError naming a padding before maxima of what may be negative: onnxruntime 1.30 makes
 * one operator of the two (its `PadFusion`), with −∞ for the zeros.
 */
function absorbedPadding(graph: ExportGraph): Map<string, Padding> {
  const consumers = consumersOf(graph);
  const outputs = new Set(graph.outputs.values());
  const byName = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const absorbed = new Map<string, Padding>();
  for (const layer of graph.layers) {
    if (layer.className !== "ZeroPadding2D") continue;
    const after = consumers.get(layer.name)!;
    const maxima = after.some(({ className }) => className === "MaxPooling2D");
    if (maxima && !isPositive(byName.get(layer.inputs[0])!)) {
      throw cannot(layer.name, "zeros before a max-pool must follow a ReLU");
    }
    const all = after.every(({ className, config }) =>
      config.padding === "valid" && (className === "Conv2D" || className === "MaxPooling2D")
    );
    if (all && !outputs.has(layer.name)) absorbed.set(layer.name, imagePadding(layer));
  }
  return absorbed;
}

/** Whether the output of a layer is nowhere negative. */
function isPositive({ className, config }: ExportLayer): boolean {
  return className === "ReLU" || config.activation === "relu";
}

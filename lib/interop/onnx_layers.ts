/**
 * The layers that have a counterpart in ONNX (https://onnx.ai/onnx/operators), opset 17. Images are
 * [batch, channels, height, width] there, and kernels [out, in, height, width].
 *
 * @module
 */
import { z } from "zod";
import { cannot, type ExportLayer } from "./export_graph.ts";
import { normalizationOf } from "./fold.ts";
import { permute } from "./named_array.ts";
import type { OnnxAttribute, OnnxConstant } from "./onnx_proto.ts";
import { adaptiveAveragePool } from "./onnx_pool.ts";

/** Zeros before and after the rows and columns of an image: [top, left, bottom, right]. */
export type Padding = readonly [number, number, number, number];

export const NO_PADDING: Padding = [0, 0, 0, 0];

/** The place of one layer in the graph. */
export interface Site {
  readonly layer: ExportLayer;
  /** The names of the values it takes. */
  readonly inputs: readonly string[];
  /** The shape of the first of them as Keras has it, without the batch. */
  readonly inputShape: readonly number[];
  /** Zeros to put around the image first. */
  readonly padding: Padding;
  /** Adds a constant, a `part` of the layer; gives its name. */
  constant(
    part: string,
    shape: readonly number[],
    data: OnnxConstant["data"],
  ): string;
  /** Adds an operator that gives the layer's value, or a `part` on the way to it; gives its name. */
  add(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    part?: string,
  ): string;
}

const Pair = z.tuple([z.number(), z.number()]);
const ChannelsLast = z.literal("channels_last").optional();

const Windows = z.object({
  padding: z.enum(["same", "valid"]),
  strides: Pair,
  data_format: ChannelsLast,
});
const Pool = Windows.extend({ pool_size: Pair });
const Conv = Windows.extend({ kernel_size: Pair, dilation_rate: Pair, activation: z.string() });

/** ONNX's names for activations. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: "Relu",
  sigmoid: "Sigmoid",
  tanh: "Tanh",
  elu: "Elu",
  softplus: "Softplus",
};

/** How each class of layer is written. */
export const OPERATORS: Readonly<Record<string, (site: Site) => void>> = {
  Conv2D(site) {
    const { kernel_size, dilation_rate, ...settings } = settingsOf(site.layer, Conv);
    const kernel = kernelOf(site, [3, 2, 0, 1]);
    const attributes = {
      kernel_shape: { ints: kernel_size },
      dilations: { ints: dilation_rate },
      strides: { ints: settings.strides },
      ...padded(settings, kernel_size, dilation_rate, site.padding),
    };
    activated(
      site,
      settings.activation,
      "Conv",
      [site.inputs[0], kernel, ...biasOf(site)],
      attributes,
    );
  },

  Dense(site) {
    const { activation } = settingsOf(site.layer, Conv.pick({ activation: true }));
    if (site.inputShape.length !== 1) {
      throw cannot(site.layer.name, "a dense layer must take rows", `[${site.inputShape}]`);
    }
    const inputs = [site.inputs[0], kernelOf(site, [1, 0]), ...biasOf(site)];
    activated(site, activation, "Gemm", inputs, { transB: { int: 1 } });
  },

  BatchNormalization({ layer, inputs, constant, add }) {
    const { gamma, beta, mean, variance, epsilon } = normalizationOf(layer);
    const vector = (name: string, values: ArrayLike<number> | undefined, standard: number) =>
      constant(name, [mean.length], Float32Array.from(mean, (_, c) => values?.[c] ?? standard));
    const statistics = [
      vector("weight", gamma, 1),
      vector("bias", beta, 0),
      vector("running_mean", mean, 0),
      vector("running_var", variance, 1),
    ];
    add("BatchNormalization", [...inputs, ...statistics], { epsilon: { float: epsilon } });
  },

  ZeroPadding2D({ layer, inputs, constant, add }) {
    const [top, left, bottom, right] = imagePadding(layer);
    const pads = BigInt64Array.from([0, 0, top, left, 0, 0, bottom, right].map(BigInt));
    add("Pad", [...inputs, constant("pads", [8], pads)], { mode: { text: "constant" } });
  },

  MaxPooling2D(site) {
    pool(site, "MaxPool");
  },
  AveragePooling2D(site) {
    pool(site, "AveragePool");
  },
  GlobalAveragePooling2D(site) {
    globalPool(site, "GlobalAveragePool");
  },
  GlobalMaxPooling2D(site) {
    globalPool(site, "GlobalMaxPool");
  },
  AdaptiveAveragePool(site) {
    const { size } = settingsOf(site.layer, z.object({ size: z.number() }));
    flattened(site, adaptiveAveragePool(site, size));
  },

  Flatten(site) {
    settingsOf(site.layer, z.object({ data_format: ChannelsLast }));
    if (site.inputShape.length !== 3) {
      throw cannot(site.layer.name, "it must take images", `[${site.inputShape}]`);
    }
    flattened(site, site.inputs[0]);
  },

  ReLU({ layer, inputs, constant, add }) {
    const { max_value } = settingsOf(layer, z.object({ max_value: z.number().nullish() }));
    if (typeof max_value !== "number") {
      add("Relu", inputs);
      return;
    }
    const scalar = (name: string, value: number) => constant(name, [], Float32Array.of(value));
    add("Clip", [...inputs, scalar("min", 0), scalar("max", max_value)]);
  },
  Activation({ layer, inputs, add }) {
    const { activation } = settingsOf(layer, Conv.pick({ activation: true }));
    add(activation === "linear" ? "Identity" : activationOf(layer, activation), inputs);
  },

  Add({ inputs, add }) {
    // Add takes two, Sum any number.
    add(inputs.length === 2 ? "Add" : "Sum", inputs);
  },
  Concatenate({ layer, inputs, inputShape, add }) {
    const { axis } = settingsOf(layer, z.object({ axis: z.number() }));
    if (axis !== -1 && axis !== inputShape.length) {
      throw cannot(layer.name, "it must join the last axis, the channels", axis);
    }
    add("Concat", inputs, { axis: { int: 1 } });
  },
  Dropout({ inputs, add }) {
    add("Identity", inputs);
  },
};

/** The zeros that a `ZeroPadding2D` puts around an image. */
export function imagePadding(layer: ExportLayer): Padding {
  const Settings = z.object({ padding: z.tuple([Pair, Pair]), data_format: ChannelsLast });
  const { padding: [[top, bottom], [left, right]] } = settingsOf(layer, Settings);
  return [top, left, bottom, right];
}

/** The settings of a layer. Throws a UsageError naming the first that has no counterpart. */
function settingsOf<S extends z.ZodObject>({ name, config }: ExportLayer, schema: S): z.output<S> {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const key = String(result.error.issues[0].path[0]);
  throw cannot(name, `its ${key} must have a counterpart in ONNX`, JSON.stringify(config[key]));
}

function kernelOf({ layer, constant }: Site, axes: readonly number[]): string {
  const { shape, data } = permute(layer.weights.get("kernel")!, axes);
  return constant("weight", shape, data as Float32Array);
}

/** The bias, in a list of one, or of none where there is none. */
function biasOf({ layer, constant }: Site): string[] {
  const bias = layer.weights.get("bias");
  return bias ? [constant("bias", bias.shape, bias.data)] : [];
}

/**
 * Zeros as TensorFlow has them: "same" makes ⌈length/stride⌉ outputs, and pads more at the end where
 * it cannot pad evenly.
 */
function padded(
  { padding, strides }: z.output<typeof Windows>,
  size: readonly [number, number],
  dilation: readonly [number, number],
  around: Padding,
): Record<string, OnnxAttribute> {
  if (padding === "valid") return { pads: { ints: around } };
  if (Math.max(...strides) > 1) return { auto_pad: { text: "SAME_UPPER" } };
  const extra = size.map((side, axis) => (side - 1) * dilation[axis]);
  const before = extra.map((zeros) => Math.floor(zeros / 2));
  return { pads: { ints: [...before, ...extra.map((zeros, axis) => zeros - before[axis])] } };
}

function pool(site: Site, opType: string): void {
  const { pool_size, ...settings } = settingsOf(site.layer, Pool);
  site.add(opType, site.inputs, {
    kernel_shape: { ints: pool_size },
    strides: { ints: settings.strides },
    ...padded(settings, pool_size, [1, 1], site.padding),
  });
}

function globalPool({ layer, inputs, add }: Site, opType: string): void {
  settingsOf(layer, z.object({ data_format: ChannelsLast }));
  add("Flatten", [add(opType, inputs, {}, "pooled")], { axis: { int: 1 } });
}

/** Images as rows in Keras' order: row, column, channel. */
function flattened({ add }: Site, images: string): void {
  const last = add("Transpose", [images], { perm: { ints: [0, 2, 3, 1] } }, "channels_last");
  add("Flatten", [last], { axis: { int: 1 } });
}

function activated(
  { layer, add }: Site,
  activation: string,
  opType: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>>,
): void {
  if (activation === "linear") {
    add(opType, inputs, attributes);
    return;
  }
  add(activationOf(layer, activation), [add(opType, inputs, attributes, "linear")]);
}

function activationOf({ name }: ExportLayer, activation: string): string {
  if (Object.hasOwn(ACTIVATIONS, activation)) return ACTIVATIONS[activation];
  throw cannot(name, "its activation must have a counterpart in ONNX", activation);
}

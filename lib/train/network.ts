/**
 * Encoder and projection head as one function from views to embeddings.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { applyEncoder, unitRows } from "../apply_encoder.ts";
import { PluginError, UsageError } from "../errors.ts";
import { called } from "../guard.ts";
import { withGradient } from "../kernels/calls.ts";
import { namedWeights, trainableWeights } from "../nn/weights.ts";
import type { Dataset, Encoder } from "../plugin.ts";
import type { ViewOptions } from "../views/options.ts";
import type { Device } from "../device/device.ts";
import type { TrainOptions } from "./options.ts";

export interface Network {
  /** The encoder, as its plugin gave it. */
  readonly encoder: Encoder;
  /** [batch, encoder.dim] to [batch, featureDim]. */
  readonly head: tf.LayersModel;
  /** Whether embeddings are rows of unit length. */
  readonly unitRows: boolean;
  /** Mixed precision for the network, but not for the loss: switches the device's on and off. */
  readonly setMixed?: (on: boolean) => void;
}

/**
 * Throws a UsageError where the encoder takes images of one size only and the views are of another,
 * which would come out in the first step, or not before the evaluation.
 */
export function checkViewSize(
  encoder: Encoder,
  { shape, views }: Dataset,
  { cropSize }: ViewOptions,
): void {
  const [height, width] = shape;
  if (encoder.anySize || views || (height === cropSize && width === cropSize)) return;
  throw new UsageError({
    act: `train the ${called("encoder", encoder)}`,
    rule:
      `it takes images of one size, and so --crop_size must be the dataset's ${height}×${width}`,
    got: cropSize,
    next: "Set --crop_size, or choose an encoder that takes any size.",
  });
}

/**
 * The embeddings [batch, featureDim] of `x` [batch, ...shape], in training mode: batch norm uses
 * the statistics of `x` and moves its running ones.
 */
export function embed(network: Network, x: tf.Tensor): tf.Tensor2D {
  const { setMixed } = network;
  if (!setMixed) return embedding(network, x);
  setMixed(true);
  try {
    return switchedOnBackwards(embedding(network, x), setMixed);
  } finally {
    setMixed(false);
  }
}

/** `z`; once its gradient has arrived, the loss is done and the network's backward pass begins. */
function switchedOnBackwards(z: tf.Tensor2D, setMixed: (on: boolean) => void): tf.Tensor2D {
  return withGradient([z], () => ({
    value: tf.add<tf.Tensor2D>(z, 0),
    gradFunc: (dz) => {
      setMixed(true);
      return dz.clone();
    },
  }));
}

function embedding(network: Network, x: tf.Tensor): tf.Tensor2D {
  const { encoder, head } = network;
  const features = applyEncoder(encoder, x, true);
  const rows = head.apply(features, { training: true }) as tf.Tensor2D;
  return network.unitRows ? unitRows(rows) : rows;
}

/** All weights and running statistics, as `encoder.conv1.kernel` and `head.0.kernel`. */
export function networkWeights({ encoder, head }: Network): Map<string, tf.Variable> {
  return joined(encoder.model, head, namedWeights);
}

/** The trained ones of {@linkcode networkWeights}, in the same order. */
export function networkParameters({ encoder, head }: Network): Map<string, tf.Variable> {
  return joined(encoder.model, head, trainableWeights);
}

/** The weights of an encoder's model, as `encoder.conv1.kernel`. */
export function encoderWeights(model: tf.LayersModel): Map<string, tf.Variable> {
  const weights = namedWeights(model);
  if (weights.size !== model.weights.length) {
    throw new PluginError({
      act: "name the encoder's weights",
      rule: `its ${model.weights.length} weights must have distinct names`,
      got: `${weights.size} names`,
      next: "Name the layers, and build the model of layers rather than of models.",
    });
  }
  return prefixed("encoder", weights);
}

function joined(
  encoder: tf.LayersModel,
  head: tf.LayersModel,
  weightsOf: (model: tf.LayersModel) => Map<string, tf.Variable>,
): Map<string, tf.Variable> {
  // The head's layers are called `head.0` … already.
  return new Map([...prefixed("encoder", weightsOf(encoder)), ...weightsOf(head)]);
}

function prefixed(prefix: string, weights: Map<string, tf.Variable>): Map<string, tf.Variable> {
  return new Map([...weights].map(([name, weight]) => [`${prefix}.${name}`, weight]));
}

/**
 * What switches the device to mixed precision; undefined for float32.
 *
 * @throws {UsageError} where the device has no float16
 */
export function mixedSwitch(
  { name, description, setMixed }: Device,
  precision: TrainOptions["precision"],
): Device["setMixed"] {
  if (precision === "float32") return undefined;
  if (setMixed) return setMixed;
  throw new UsageError({
    act: `train with --precision=${precision}`,
    rule: "the device must be a WebGPU adapter with shader-f16",
    got: `${name}: ${description}`,
    next: "Use --precision=float32, or another --device.",
  });
}

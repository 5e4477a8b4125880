/**
 * The kernels that TensorFlow.js does not have: their names, their attributes, and how they are
 * called. A device that has one registers it by its name (`lib/kernels/webgpu/register.ts`); the code
 * that calls it asks {@linkcode hasKernel} and else composes stock operations.
 *
 * A new kernel has its name and attributes here, its code in `lib/kernels`, and its entry in the
 * table of `register.ts`, which the types hold to this one.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** Square cells of images. */
export interface GridAttributes {
  /** Cells in a row and in a column. */
  readonly size: number;
}

/** Square windows of images. */
export interface WindowAttributes {
  /** Their side. */
  readonly size: number;
  /** From one to the next, in both directions. */
  readonly stride: number;
  /** Rows and columns of −∞ around the image, fewer than the size. */
  readonly padding: number;
}

/** The images whose gradient is asked for. */
export interface ImagesShape {
  /** [b, h, w, c]. */
  readonly shape: readonly number[];
}

/** How channels are normalized. */
export interface BatchNormAttributes {
  /** ε, added to the variance. */
  readonly epsilon: number;
  /** Whether max(y, 0) is taken. */
  readonly relu: boolean;
}

/** How channels are normalized in training. */
export interface BatchNormTrainingAttributes extends BatchNormAttributes {
  /** The share of the batch's statistics in the new running ones, PyTorch's `momentum`. */
  readonly momentum: number;
}

/** A member of the debiased family, for rows of V views. */
export interface ContrastAttributes {
  /** V, the number of views of each example. */
  readonly views: number;
  /** `debiased` has the clamp; `decoupled` leaves the positive out of the denominator. */
  readonly form: "biased" | "debiased" | "decoupled";
  /** t, by which similarities are divided. */
  readonly temperature: number;
  /** τ⁺, the probability that a negative is of the anchor's class. */
  readonly tauPlus: number;
  /** β, by which hard negatives weigh more; 0 for not at all. */
  readonly beta: number;
}

export interface OptimizerAttributes {
  /** The update rule, one of those in `lib/train/optimizer.ts`. */
  readonly rule: "adam" | "momentum";
  /** The c of LARS; 0 for none. */
  readonly trust: number;
  /** The equation's other numbers. */
  readonly [name: string]: number | string;
}

/** How the random numbers of a view are drawn. */
export interface ViewDraws {
  /** How the boxes of crops are found, `cropRule` of `lib/views/crop_box.ts`. */
  readonly crop: CropAttributes;
  /** The orders of the operations of the color jitter, by the names of its factors. */
  readonly orders: readonly (readonly (keyof JitterRanges)[])[];
  /** Smallest and largest factor of each operation of the jitter. */
  readonly jitterRanges: JitterRanges;
  /** Smallest and largest standard deviation of the blur, in pixels. */
  readonly blurSigma: Range;
  /** Probabilities that a view is flipped, jittered, gray, blurred. */
  readonly probabilities: Readonly<Record<"flip" | "jitter" | "grayscale" | "blur", number>>;
}

/** Random views of images; all that is drawn is a function of this. */
export interface RandomViewsAttributes extends ViewDraws {
  /** Image i is row i mod `rowsPerPart` of part ⌊i / rowsPerPart⌋, the inputs in their order. */
  readonly rowsPerPart: number;
  /** The n images to take. */
  readonly rows: readonly number[];
  /** The n indices that name the images' streams. */
  readonly indices: readonly number[];
  /** `streamKey(seed, STREAM.views, epoch)`. */
  readonly key: readonly [number, number];
  /** How many views to make of each image; they are numbered from 0. */
  readonly viewCount: number;
  /** The shape of an image [height, width, channels]. */
  readonly shape: readonly number[];
  /** The mean of each channel, pixels scaled to 0–1. */
  readonly mean: readonly number[];
  /** The standard deviation of each channel. */
  readonly std: readonly number[];
  /** Height and width of a view, in pixels. */
  readonly cropSize: number;
  /** The width of the blur's kernel in pixels, odd; 0 where no view is blurred. */
  readonly blurKernel: number;
}

/** Smallest and largest. */
export type Range = readonly [least: number, most: number];

/** What the color jitter changes. */
export type JitterRanges = Readonly<
  Record<"brightness" | "contrast" | "saturation" | "hue", Range>
>;

/** What decides the boxes of all crops of images of one size; whole numbers. */
export interface CropAttributes {
  /** Tries to find a box that fits. */
  readonly tries: number;
  /** Smallest share of the area, in units of 2⁻³². */
  readonly scaleMin: number;
  /** Largest less smallest share, in units of 2⁻³². */
  readonly scaleSpan: number;
  /** log₂ of the smallest ratio, in units of 2⁻²⁴. */
  readonly logRatioMin: number;
  /** log₂ of the largest ratio less that of the smallest, in units of 2⁻²⁴. */
  readonly logRatioSpan: number;
  /** log₂ of the area of the image in pixels, in units of 2⁻²⁴. */
  readonly logArea: number;
  /** The box where no try fits. */
  readonly fallback: Readonly<Record<"top" | "left" | "height" | "width", number>>;
}

/** A range of rows in the shuffled order of the examples. */
export interface RowRange {
  /** The first place in `order`. */
  readonly start: number;
  /** The number of rows, at least 1. */
  readonly count: number;
}

export interface CandidateAttributes {
  /** At most 1024, and at most the number of columns. */
  readonly k: number;
  /** Room for this many candidates per row. */
  readonly room: number;
}

/** What gradients are multiplied by. */
export interface UnscaleAttributes {
  /** One over the scale of the loss. */
  readonly factor: number;
}

/** The attributes of each kernel by its name; its file documents the inputs and outputs. */
export interface KernelCalls {
  /** `webgpu/average_pool.ts`: x → y. */
  readonly AdaptiveAveragePool: GridAttributes;
  /** dy → dx. */
  readonly AdaptiveAveragePoolGrad: GridAttributes & ImagesShape;
  /** `webgpu/max_pool.ts`: x → y, and where in its window each maximum is. */
  readonly MaxPoolWithIndices: WindowAttributes;
  /** dy, indices → dx. */
  readonly MaxPoolWithIndicesGrad: WindowAttributes & ImagesShape;
  /** `webgpu/batch_norm.ts`: by given statistics. */
  readonly BatchNormInference: BatchNormAttributes;
  /** `webgpu/batch_norm.ts`: by those of the batch, and moves the running ones. */
  readonly BatchNormTraining: BatchNormTrainingAttributes;
  /** `webgpu/batch_norm_gradient.ts`. */
  readonly BatchNormTrainingGrad: BatchNormAttributes;
  /** `webgpu/contrast.ts`: z → losses, clamped, negativeWeights, positiveWeights. */
  readonly ContrastRows: ContrastAttributes;
  /** `webgpu/contrast_gradient.ts`: z, negativeWeights, positiveWeights, dy → dz. */
  readonly ContrastRowsGrad: ContrastAttributes;
  /** `webgpu/optimizer.ts`: weights and slots in place. */
  readonly OptimizerStep: OptimizerAttributes;
  /** `webgpu/random_views.ts`: bytes → views. */
  readonly RandomViews: RandomViewsAttributes;
  /** `webgpu/softmax_regression.ts`: x, labels, order, weights → gradient, loss. */
  readonly SoftmaxRegression: RowRange;
  /** `webgpu/top_k.ts`: values → counts, columns, values. */
  readonly TopCandidates: CandidateAttributes;
  /** `webgpu/unscale.ts`: gradients → overflow, gradients. */
  readonly UnscaleGradients: UnscaleAttributes;
}

export type KernelName = keyof KernelCalls;

/** Whether the backend that TensorFlow.js is set to has the kernel. */
export function hasKernel(name: KernelName): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

/** Runs one of these kernels, which the current backend must have; returns its outputs in order. */
export function runKernel<K extends KernelName>(
  name: K,
  inputs: tf.NamedTensorMap,
  attributes: KernelCalls[K],
): tf.Tensor[] {
  const plain: object = attributes;
  const outputs = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, inputs, { ...plain });
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** A value and how its gradient goes back. */
export interface ValueAndGradient<Y extends tf.Tensor> {
  readonly value: Y;
  /** The gradients of the inputs, in their order, from that of the value and what was saved. */
  readonly gradFunc: (dy: Y, saved: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
}

/**
 * A differentiable operation with a gradient of its own. What the gradient needs goes through
 * `save`, and is read from `saved`: a tensor held otherwise may be gone by then.
 */
export function withGradient<Y extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  forward: (save: (tensors: tf.Tensor[]) => void) => ValueAndGradient<Y>,
): Y {
  return tf.customGrad<Y>((...args) => {
    const save = args[args.length - 1];
    if (typeof save !== "function") throw new TypeError("customGrad gave no save function");
    return forward(save);
  })(...inputs);
}

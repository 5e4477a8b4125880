/**
 * The whole training steps that are compared: forward, backward and Adam on two views of a batch.
 *
 * @module
 */
import { rng } from "../../lib/random.ts";

/** What one step computes; the same numbers for every program compared. */
export interface StepSpec {
  /** The encoder's name. */
  readonly encoder: "conv" | "resnet18";
  /** Examples in the batch; two views of each are seen. */
  readonly batch: number;
  /** Height and width of the images, of three channels. */
  readonly size: number;
}

/** Channels and strides of the step `conv`: 3×3 convolutions, batch norm, ReLU; then the mean. */
export const CONV = { widths: [16, 32, 64, 128], strides: [1, 2, 2, 2] } as const;

/** The head of every step: linear, batch norm, ReLU, linear. */
export const HEAD = { hidden: 512, out: 128 } as const;

/** The debiased loss of every step. */
export const LOSS = { temperature: 0.5, tauPlus: 0.1 } as const;

/** Adam's learning rate. */
export const LEARNING_RATE = 1e-3;

/** The steps by the name of their encoder. */
export const STEPS: readonly StepSpec[] = [
  { encoder: "conv", batch: 128, size: 32 },
  { encoder: "resnet18", batch: 32, size: 32 },
];

/** A step in a few words. */
export function describeStep({ encoder, batch, size }: StepSpec): string {
  const layers = encoder === "conv" ? `conv ${CONV.widths.join("-")}` : encoder;
  return `step: ${layers}, 2 × ${batch} images ${size}×${size}×3, debiased, Adam`;
}

/** Two views of random images [batch, size, size, 3], normal values, always the same. */
export function stepViews({ batch, size }: StepSpec): Float32Array<ArrayBuffer>[] {
  const view = (key: number) => {
    const random = rng(key);
    return Float32Array.from({ length: batch * size * size * 3 }, () => random.normal());
  };
  return [view(1), view(2)];
}

/** Rows of random embeddings of one view, [pairs, HEAD.out], always the same; not of unit length. */
export function lossViews(pairs: number): Float32Array<ArrayBuffer>[] {
  return [1, 2].map((key) => {
    const random = rng(key);
    return Float32Array.from({ length: pairs * HEAD.out }, () => random.normal());
  });
}

/** The loss alone in a few words. */
export function describeLoss(pairs: number): string {
  return `debiased loss forward + backward, ${pairs.toLocaleString("en")} pairs × ${HEAD.out}`;
}

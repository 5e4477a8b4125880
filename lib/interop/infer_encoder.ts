/**
 * Which encoder the weights of a PyTorch file are of.
 *
 * @module
 */
import type { NamedArray } from "./named_array.ts";
import { torchName, type TorchNaming } from "./torch_naming.ts";

/** torchvision's residual networks that are encoders here, by block and blocks per stage. */
const RESNETS: Readonly<Record<string, string>> = {
  "basic 2,2,2,2": "resnet18",
  "basic 3,4,6,3": "resnet34",
  "bottleneck 3,4,6,3": "resnet50",
};

/** The first layers by the side of the first kernel. */
const STEMS: Readonly<Record<number, string>> = { 3: "small", 7: "imagenet" };

/** An encoder plugin with options by flag name. */
export interface InferredEncoder {
  /** The plugin's name. */
  readonly encoder: string;
  /** Those of its options that weights tell; the strides of `conv` leave no trace in them. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The encoder with such weights, by names and shapes; undefined where there is none. */
export function inferEncoder(
  tensors: ReadonlyMap<string, NamedArray>,
  naming: TorchNaming,
): InferredEncoder | undefined {
  const kernel = (layer: string) =>
    tensors.get(torchName(`encoder.${layer}.kernel`, naming) ?? "")?.shape;
  const count = (layer: (index: number) => string) => {
    let n = 0;
    while (kernel(layer(n))) n++;
    return n;
  };
  const first = kernel("conv1");
  if (!first) return undefined;
  if (!kernel("layer1.0.conv1")) {
    const layers = count((index) => `conv${index + 1}`);
    const widths = Array.from({ length: layers }, (_, i) => kernel(`conv${i + 1}`)![0]);
    return { encoder: "conv", options: { widths } };
  }
  // Wide networks and those of groups have as many layers.
  if (`${kernel("layer1.0.conv2")}` !== "64,64,3,3") return undefined;
  const block = kernel("layer1.0.conv3") ? "bottleneck" : "basic";
  const depths = [1, 2, 3, 4].map((stage) => count((index) => `layer${stage}.${index}.conv1`));
  const [encoder, stem] = [RESNETS[`${block} ${depths}`], STEMS[first[2]]];
  return encoder && stem ? { encoder, options: { stem } } : undefined;
}

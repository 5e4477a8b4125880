/**
 * What a file of weights that belongs to no run says of its encoder.
 *
 * @module
 */
import { z } from "zod";
import type { Layer } from "../../config.ts";
import { DataError, UsageError } from "../../errors.ts";
import { flagName } from "../../options.ts";
import type { NamedArray } from "../../interop/named_array.ts";
import { torchName, type TorchNaming } from "../../interop/torch_naming.ts";

/** The dataset of the reference, where none is named. */
const DATASET = "stl10";

const json = <T extends z.ZodType>(schema: T) =>
  z.string().transform((text, context) => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue("not JSON");
    }
  }).pipe(schema);

/** What `export` writes beside the weights. */
const exported = z.object({
  encoder: z.string(),
  encoder_options: json(z.record(z.string(), z.unknown())),
  dataset: z.string().optional(),
  mean: json(z.array(z.number())),
  std: json(z.array(z.number())),
  folded: z.literal("false"),
});

/**
 * The options that follow from a file of weights. For a PyTorch file they are the encoder that its
 * weights belong to, the reference's dataset, and `defaults`. A file that `export` wrote names its
 * encoder and dataset; if it was exported from a PyTorch file, it names only the encoder, and the rest
 * is as for a PyTorch file.
 *
 * Throws a DataError where the file cannot be read or its batch norms are folded, and a UsageError
 * where it does not say what its encoder is and the person has not either.
 *
 * @param named all that was named in files and flags
 */
export async function modelFileLayers(
  path: string,
  named: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Promise<Layer[]> {
  const { readWeights } = await import("../../train/load_encoder.ts");
  const { tensors, naming, metadata } = await readWeights(path);
  if (metadata.tauplus !== undefined) {
    return [{ source: path, values: ofExport(path, metadata, defaults), text: false }];
  }
  if (!naming) {
    if (![...tensors.keys()].some((name) => name.startsWith("encoder."))) {
      throw new DataError({
        act: `use ${path}`,
        rule:
          "its names must be those of a checkpoint of tauplus, or end as those of torchvision's " +
          "residual networks do (conv1.weight, layer1.0.conv1.weight)",
        got: [...tensors.keys()].slice(0, 3).join(", ") || "no tensors",
        next: "Load it in PyTorch and save the encoder under torchvision's names.",
      });
    }
    if (named.encoder !== undefined && named.dataset !== undefined) return [];
    throw new UsageError({
      act: `use ${path}`,
      rule: "there is no config.json beside it, so its encoder and dataset must be named",
      next: "Give --encoder=NAME and --dataset=NAME.",
    });
  }
  const inferred = inferEncoder(tensors, naming);
  if (!inferred && named.encoder === undefined) {
    throw new UsageError({
      act: `use ${path}`,
      rule: "its weights must be those of resnet18, resnet34, resnet50 or conv",
      next: "Give --encoder=NAME, of a plugin that has such layers.",
    });
  }
  const untold = inferred?.untold;
  if (
    inferred && untold && named.encoder === undefined &&
    named[untold.option] === undefined && named[`encoder.${untold.option}`] === undefined
  ) {
    throw new UsageError({
      act: `use ${path}`,
      rule: `its weights are those of the encoder ${inferred.encoder}, from which its ` +
        `${untold.option} cannot be inferred`,
      next: untold.next,
    });
  }
  const values = {
    dataset: DATASET,
    ...defaults,
    ...(inferred && { encoder: inferred.encoder, ...encoderFlags(inferred.options) }),
  };
  return [{ source: path, values, text: false }];
}

function ofExport(
  path: string,
  metadata: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { success, data, error } = exported.safeParse(metadata);
  if (success) {
    const { encoder, encoder_options: options, dataset, mean, std } = data;
    return {
      ...(dataset === undefined ? { dataset: DATASET, ...defaults } : { dataset }),
      encoder,
      ...encoderFlags(options),
      "normalization.mean": mean,
      "normalization.std": std,
    };
  }
  const [name] = error.issues[0].path;
  throw new DataError({
    act: `use ${path}`,
    rule: name === "folded"
      ? "its batch norms must not be folded into the convolutions"
      : `its metadata must have ${String(name)} as export writes it`,
    got: metadata[String(name)],
    next: "Export the encoder again" + (name === "folded" ? ", without --fold." : "."),
  });
}

const encoderFlags = (options: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [`encoder.${flagName(key)}`, value]),
  );

/** torchvision's residual networks that are encoders here, by block and blocks per stage. */
const RESNETS: Readonly<Record<string, string>> = {
  "basic 2,2,2,2": "resnet18",
  "basic 3,4,6,3": "resnet34",
  "bottleneck 3,4,6,3": "resnet50",
};

/** The first layers by the side of the first kernel. */
const STEMS: Readonly<Record<number, string>> = { 3: "small", 7: "imagenet" };

/** An encoder plugin with options by flag name. */
interface InferredEncoder {
  /** The plugin's name. */
  readonly encoder: string;
  /** Those of its options that weights tell. */
  readonly options: Readonly<Record<string, unknown>>;
  /** An option that leaves no trace in weights and must be given, and how. */
  readonly untold?: { readonly option: string; readonly next: string };
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
    return {
      encoder: "conv",
      options: { widths },
      untold: {
        option: "strides",
        next: "Give --strides, one per convolution, and --grid if it was not 1.",
      },
    };
  }
  // Wide networks and those of groups have as many layers.
  if (`${kernel("layer1.0.conv2")}` !== "64,64,3,3") return undefined;
  const block = kernel("layer1.0.conv3") ? "bottleneck" : "basic";
  const depths = [1, 2, 3, 4].map((stage) => count((index) => `layer${stage}.${index}.conv1`));
  const [encoder, stem] = [RESNETS[`${block} ${depths}`], STEMS[first[2]]];
  return encoder && stem ? { encoder, options: { stem } } : undefined;
}

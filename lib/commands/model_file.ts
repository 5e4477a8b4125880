/**
 * What a file of weights that belongs to no run says of its encoder.
 *
 * @module
 */
import type { Layer } from "../config.ts";
import { UsageError } from "../errors.ts";

/** The dataset of the reference, where none is named. */
const DATASET = "stl10";

/**
 * The options that a file of PyTorch stands for: the encoder that its weights are of, the
 * reference's dataset, and `defaults`.
 *
 * Throws a DataError where the file cannot be read, and a UsageError where it does not say what its
 * encoder is and the person has not either.
 *
 * @param named all that was named in files and flags
 */
export async function modelFileLayers(
  path: string,
  named: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Promise<Layer[]> {
  const { readWeights } = await import("../train/read_weights.ts");
  const { inferEncoder } = await import("../interop/infer_encoder.ts");
  const { tensors, naming } = await readWeights(path);
  if (!naming) {
    if (named.encoder !== undefined && named.dataset !== undefined) return [];
    throw new UsageError({
      act: `use ${path}`,
      rule: "there is no config.json beside it, and its weights have not the names of PyTorch's " +
        "residual networks, so its encoder and dataset must be named",
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
  const strides = named.strides ?? named["encoder.strides"];
  if (inferred?.encoder === "conv" && strides === undefined && named.encoder === undefined) {
    throw new UsageError({
      act: `use ${path}`,
      rule: "its weights are those of the encoder conv, which do not tell its strides",
      next: "Give --strides, one per convolution, and --grid where it was not 1.",
    });
  }
  const options = Object.entries(inferred?.options ?? {});
  return [{
    source: path,
    values: {
      dataset: DATASET,
      ...defaults,
      ...(inferred && {
        encoder: inferred.encoder,
        ...Object.fromEntries(options.map(([name, value]) => [`encoder.${name}`, value])),
      }),
    },
    text: false,
  }];
}

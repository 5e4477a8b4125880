/**
 * What goes along with an exported encoder.
 *
 * @module
 */
import tauplus from "../../deno.json" with { type: "json" };
import type { Dataset } from "../plugin.ts";
import { checkMoments } from "../views/normalize.ts";
import type { ExportGraph } from "./export_graph.ts";

export const VERSION: string = tauplus.version;

/** Where an exported encoder comes from. */
export interface ExportSource {
  readonly encoderName: string;
  readonly encoderOptions: Readonly<Record<string, unknown>>;
  /** The name of the dataset plugin, where it is known what the encoder was trained on. */
  readonly datasetName?: string;
  /** The dataset whose normalization the encoder expects. */
  readonly dataset: Pick<Dataset, "shape" | "mean" | "std">;
}

/**
 * Texts by name: `tauplus` (the version), `encoder` and `encoder_options`, `dataset` where it is
 * known, `input_shape` of its examples ([height, width, channels] for images), `mean` and `std` per channel with
 * `normalization` in words, `dim` of a feature, whether batch norm is `folded`. Where an encoder ends
 * with a flattened image, `feature_order` is its axes in the order of the feature. All but words are
 * JSON.
 */
export function exportMetadata(
  { encoderName, encoderOptions, datasetName, dataset }: ExportSource,
  graph: ExportGraph,
  { fold, pixels }: { readonly fold: boolean; readonly pixels: boolean },
): Record<string, string> {
  const { shape } = dataset;
  const { mean, std } = momentsOf(dataset);
  const [last] = graph.outputs.values();
  const { outputShape } = graph.layers.find(({ name }) => name === last)!;
  const flat = graph.layers.some(({ className }) =>
    /^(Flatten|AdaptiveAveragePool)$/.test(className)
  );
  return {
    tauplus: VERSION,
    encoder: encoderName,
    encoder_options: JSON.stringify(encoderOptions),
    ...(datasetName !== undefined && { dataset: datasetName }),
    input_shape: JSON.stringify(shape),
    normalization: (pixels ? "done by the network: " : "") +
      "(pixel / 255 - mean) / std, per channel",
    mean: JSON.stringify([...mean]),
    std: JSON.stringify([...std]),
    dim: String(outputShape[0]),
    folded: String(fold),
    ...(flat && { feature_order: JSON.stringify(["height", "width", "channel"]) }),
  };
}

/** Mean and standard deviation of each channel. */
export function momentsOf(
  { shape, mean, std }: ExportSource["dataset"],
): { mean: Float64Array; std: Float64Array } {
  return checkMoments(shape.at(-1) ?? 1, mean, std);
}

/**
 * `export`: a trained encoder in the form of other programs.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";
import type { Command } from "../command_line/command.ts";
import { encoderGroups, restoreLayers, restoreOptions, restoreSpec } from "./shared/restore.ts";

export const exportOptions = restoreOptions.extend({
  format: z.enum(["safetensors", "pth-names", "tfjs", "onnx"]).describe(
    "safetensors: torchvision's names; pth-names: a safetensors file with the names of the " +
      "reference's .pth; tfjs: a TensorFlow.js layers model; onnx: ONNX, opset 17",
  ).meta(facts("call")),
  output: z.string().min(1).optional().describe(
    "file to write, or folder for tfjs; default encoder.safetensors and the like in the run's " +
      "folder; an earlier export is replaced, a file of a run never",
  ).meta({ ...facts("call"), format: "file-path" }),
  fold: z.boolean().default(false)
    .describe("fold each batch norm into the convolution or dense layer before it").meta(
      facts("call"),
    ),
  head: z.boolean().default(false)
    .describe("include the projection head, as pth-names always does").meta(facts("call")),
  pixels: z.boolean().default(false).describe(
    "tfjs and onnx: images are pixels of 0 to 255, which the network normalizes itself; else they " +
      "are float32, normalized as in training",
  ).meta(facts("call")),
});

/**
 * Stands in for the dataset of a PyTorch file that is in no run: images of the reference's size. Of a
 * dataset nothing else is needed, and the reference's own would be 2.6 GB to download.
 */
const STAND_IN = {
  dataset: "synthetic",
  "dataset.classes": 2,
  "dataset.size": 96,
  "dataset.train": 2,
  "dataset.test": 2,
};

/** Normalized by its `utils.py`. */
const REFERENCE = {
  ...STAND_IN,
  "normalization.mean": [0.4914, 0.4822, 0.4465],
  "normalization.std": [0.2023, 0.1994, 0.2010],
};

/** Whether nobody said what the encoder was trained on. */
export function isStandIn(flat: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(STAND_IN).every(([name, value]) => flat[name] === value);
}

const spec = { ...restoreSpec({}, encoderGroups), options: exportOptions };

export const command: Command<typeof exportOptions, typeof encoderGroups> = {
  spec,
  opensRuns: true,
  layers: (named) => restoreLayers(spec, named, named.dataset === undefined ? REFERENCE : {}),
  async run(context) {
    const { exportRun } = await import("./export_run.ts");
    await exportRun(context);
  },
};

/**
 * What `export` does.
 *
 * @module
 */
import { chosen } from "../config.ts";
import { exportEncoder, type ExportFormat } from "../interop/export_encoder.ts";
import type { runGroups } from "../open_run.ts";
import { loadHead } from "../train/load_head.ts";
import { batchesTracked } from "./batches_tracked.ts";
import type { Context } from "./command.ts";
import { type exportOptions, isStandIn } from "./export.ts";
import { restore } from "./restore.ts";

/** What the names of files end with. */
const SUFFIXES: Readonly<Record<ExportFormat, string>> = {
  "safetensors": ".safetensors",
  "pth-names": "-pth-names.safetensors",
  "tfjs": "-tfjs",
  "onnx": ".onnx",
};

/** Restores the encoder, writes it, and says what was written. */
export async function exportRun(
  context: Context<typeof exportOptions, typeof runGroups>,
): Promise<void> {
  const { config: { options: { format, fold, pixels, output, ...options }, roles, flat } } =
    context;
  const standsIn = isStandIn(flat);
  const { session: { dataset }, encoder, run, path: source } = await restore(context, standsIn);
  const { plugin, options: encoderOptions } = chosen(roles, "encoder");
  const parts = `encoder${options.head ? "-head" : ""}${fold ? "-folded" : ""}${
    pixels ? "-pixels" : ""
  }`;
  const path = output ?? `${run?.path ?? "."}/${parts}${SUFFIXES[format]}`;
  const withHead = options.head || format === "pth-names";
  const { bytes, replaced, onlySize } = await exportEncoder({
    format,
    path,
    source,
    encoder,
    head: withHead ? await loadHead(source) : undefined,
    fold,
    pixels,
    batchesTracked: await batchesTracked(source, run?.config),
    dataset,
    datasetName: standsIn ? undefined : chosen(roles, "dataset").plugin.name,
    encoderName: plugin.name,
    encoderOptions,
  });
  context.result({ path, format, bytes, replaced, onlySize }, () => {
    const size = `${(bytes / 1e6).toFixed(1)} MB`;
    const images = onlySize ? `, for images of ${onlySize.join("×")} only` : "";
    return `${replaced ? "replaced" : "saved"}: ${path}   ${format}, ${size}${images}`;
  });
}

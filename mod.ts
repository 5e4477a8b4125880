/**
 * Debiased contrastive learning (Chuang et al., NeurIPS 2020, arXiv:2007.00224) on WebGPU: train
 * image encoders without labels, correct for false negatives, evaluate the frozen encoder.
 *
 * To write a plugin, see {@linkcode defineObjective}, {@linkcode defineDataset},
 * {@linkcode defineEncoder} and {@linkcode defineProbe}. To use tauplus as a library, begin with
 * {@linkcode openSession}; {@linkcode train} and {@linkcode evaluate} do what the command line does.
 * Layers and networks are in `@tauplus/tauplus/nn`, what losses are made of in
 * `@tauplus/tauplus/objectives`.
 *
 * @example Train for five steps and evaluate the encoder
 * ```ts
 * import { evaluate, openSession, train } from "@tauplus/tauplus";
 *
 * const session = await openSession({
 *   dataset: "synthetic",
 *   datasetOptions: { train: 64, test: 32, size: 16 },
 *   device: "wasm",
 * });
 * const encoder = await session.make("encoder", "conv", { widths: [8, 16], strides: [2, 2] });
 * const objective = await session.make("objective", "debiased", { tauPlus: 0.1 });
 * await train({ ...session, encoder, objective }, { maxSteps: 5, batchSize: 32 });
 * const probe = await session.make("probe", "linear");
 * const { top1 } = await evaluate({ ...session, encoder, probe });
 * ```
 *
 * @module
 */
export * from "./lib/plugin.ts";
export * from "./lib/errors.ts";
export { type Facts, facts, type Subject } from "./lib/facts.ts";
export * from "./lib/random.ts";
export * from "./lib/session.ts";
export * from "./lib/library.ts";
export { type EncoderExport, exportEncoder, type SavedEncoder, saveEncoder } from "./lib/save.ts";
export { type NormalizationOptions, normalizationOptions } from "./lib/data/normalization.ts";

// What the signatures above mention.
export type { Device, DeviceName, DeviceTuning } from "./lib/device/device.ts";
export type { MetricsRecord } from "./lib/run/metrics.ts";
export { latestRun } from "./lib/run/run_folder.ts";
export type { LogRecord } from "./lib/train/log_record.ts";
export type { Exported, ExportFormat } from "./lib/interop/export_encoder.ts";
export type { LoadedEncoder } from "./lib/train/load_encoder.ts";
export { type TrainOptions, trainOptions } from "./lib/train/options.ts";
export type { Trained, TrainHooks, TrainStep } from "./lib/train/train.ts";
export { type ViewOptions, viewOptions } from "./lib/views/options.ts";

// For datasets from elsewhere, and for those whose labels tell τ⁺.
export type { Checksum } from "./lib/data/checksum.ts";
export { collisionProbability, falseNegativeRate } from "./lib/data/class_prior.ts";
export * from "./lib/data/source.ts";
export { sourceOptions } from "./lib/data/source.ts";

// For probes, and for what `embed` and training write.
export * from "./lib/evaluate/metrics.ts";
export * from "./lib/interop/safetensors.ts";

// For files of PyTorch.
export { decodePth } from "./lib/interop/pth.ts";
export { type FromTorch, fromTorch, toTorch } from "./lib/interop/torch_names.ts";
export { findNaming, type TorchNaming } from "./lib/interop/torch_naming.ts";

export { z } from "zod";

/**
 * Which commands there are.
 *
 * @module
 */
import type { Command } from "./command.ts";

/** A command before it is loaded. */
export interface CommandEntry {
  /** What it does, a line for lists and help. */
  readonly summary: string;
  readonly load: () => Promise<{ command: Command }>;
}

/** The commands by name, in the order of the list; each is loaded when it is asked for. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  train: {
    summary: "Train an encoder without labels, then evaluate it",
    load: () => import("../commands/train.ts"),
  },
  sweep: {
    summary: "Train and compare lists of values, as --tau_plus=0,0.1, over many seeds",
    load: () => import("../commands/sweep.ts"),
  },
  linear: {
    summary: "Train a linear classifier on a frozen encoder",
    load: () => import("../commands/linear.ts"),
  },
  knn: {
    summary: "Classify by the weighted nearest neighbors of a frozen encoder",
    load: () => import("../commands/knn.ts"),
  },
  embed: {
    summary: "Write the features and labels of a split to a .safetensors file",
    load: () => import("../commands/embed.ts"),
  },
  report: {
    summary: "Write a page about one or more runs: curves, probes, map, neighbors, views",
    load: () => import("../commands/report.ts"),
  },
  export: {
    summary: "Write a trained encoder as safetensors, TensorFlow.js or ONNX",
    load: () => import("../commands/export.ts"),
  },
  dashboard: {
    summary: "Show runs in the browser while they train",
    load: () => import("../commands/dashboard.ts"),
  },
  doctor: {
    summary: "Check this machine: devices, numbers, speed, files",
    load: () => import("../commands/doctor.ts"),
  },
  data: {
    summary: "List, fetch and verify datasets",
    load: () => import("../commands/data.ts"),
  },
  plugins: {
    summary: "List the plugins, show one, write a new one, or check what a good one holds",
    load: () => import("../commands/plugins.ts"),
  },
  completions: {
    summary: "Print what makes a shell complete commands, options and their values",
    load: () => import("../commands/completions.ts"),
  },
};

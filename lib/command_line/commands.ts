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
  /** What may follow its name, and what that does. */
  readonly examples: readonly (readonly [args: string, description: string])[];
  readonly load: () => Promise<{ command: Command }>;
}

/** The commands by name, in the order of the list; each is loaded when it is asked for. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  train: {
    summary: "Train an encoder without labels, then evaluate it",
    examples: [
      ["", "the quickstart: a small dataset that is here"],
      ["--dataset=folder --path=photos", "images of your own, in folders"],
      ["--resume", "go on with the latest run"],
    ],
    load: () => import("../commands/train.ts"),
  },
  sweep: {
    summary: "Train and compare lists of values, as --tau_plus=0,0.1, over many seeds",
    examples: [
      ["--tau_plus=0,0.05,0.1", "three arms over five seeds"],
      ["--objective=biased,debiased --seeds=10", "two objectives over ten seeds"],
      ["--tau_plus=0,0.1 --jobs=2", "two trainings at a time"],
    ],
    load: () => import("../commands/sweep.ts"),
  },
  linear: {
    summary: "Train a linear classifier on a frozen encoder",
    examples: [
      ["", "of the latest run"],
      ["--run=runs/mine --protocol=dcl", "of one run, as the reference does it"],
      ["--model_path=resnet50.pth --dataset=cifar10", "of weights from PyTorch"],
    ],
    load: async () => ({ command: (await import("../commands/probe.ts")).probeCommand("linear") }),
  },
  knn: {
    summary: "Classify by the weighted nearest neighbors of a frozen encoder",
    examples: [
      ["", "of the latest run"],
      ["--run=runs/mine --k=20", "of one run, with 20 neighbors"],
      ["--run=runs/mine --dataset=cifar10", "of one run, on another dataset"],
    ],
    load: async () => ({ command: (await import("../commands/probe.ts")).probeCommand("knn") }),
  },
  embed: {
    summary: "Write the features and labels of a split to a .safetensors file",
    examples: [
      ["", "the test split, by the latest run"],
      ["--split=train", "the training split"],
      ["--run=runs/mine --file=mine.safetensors", "of one run, to a file"],
    ],
    load: () => import("../commands/embed.ts"),
  },
  report: {
    summary: "Write a page about one or more runs: curves, probes, map, neighbors, views",
    examples: [
      ["", "of the latest run"],
      ["--run=runs/a,runs/b", "of two runs, side by side"],
      ["--run=runs/a --to=page", "to a folder of your own"],
    ],
    load: () => import("../commands/report.ts"),
  },
  export: {
    summary: "Write a trained encoder as safetensors, TensorFlow.js or ONNX",
    examples: [
      ["--format=onnx", "the latest run's encoder as ONNX"],
      ["--format=tfjs --pixels", "for the browser, from pixels of 0 to 255"],
      ["--format=safetensors --output=mine.safetensors", "for PyTorch, to a file"],
    ],
    load: () => import("../commands/export.ts"),
  },
  dashboard: {
    summary: "Show runs in the browser while they train",
    examples: [
      ["", "the runs in the folder runs"],
      ["--out=sweeps/mine --port=0", "another folder, at any free port"],
      ["--run=runs/mine", "one run to begin with"],
    ],
    load: () => import("../commands/dashboard.ts"),
  },
  doctor: {
    summary: "Check this machine: devices, numbers, speed, files",
    examples: [
      ["", "everything"],
      ["--quick", "without speed and checksums"],
      ["--device=wasm", "one device"],
    ],
    load: () => import("../commands/doctor.ts"),
  },
  data: {
    summary: "List, fetch and verify datasets",
    examples: [
      ["", "which datasets there are"],
      ["fetch cifar10", "download one"],
      ["verify folder --path=photos", "read all images of a folder"],
    ],
    load: () => import("../commands/data.ts"),
  },
  plugins: {
    summary: "List the plugins, show one, write a new one, or check what a good one holds",
    examples: [
      ["", "all plugins"],
      ["show debiased", "the options of one"],
      ["new objective hinge", "write one of your own"],
    ],
    load: () => import("../commands/plugins.ts"),
  },
  completions: {
    summary: "Print what makes a shell complete commands, options and their values",
    examples: [
      ["bash", "for bash"],
      ["zsh", "for zsh"],
      ["fish", "for fish"],
    ],
    load: () => import("../commands/completions.ts"),
  },
};

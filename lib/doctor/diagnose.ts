/**
 * The whole diagnosis of a machine, as data, with the problems that it found.
 *
 * @module
 */
import { cpus } from "node:os";
import { type Device, type DeviceName, openDevice } from "../device/device.ts";
import { TauplusError } from "../errors.ts";
import type { BaseEnv } from "../plugin.ts";
import type { Registry } from "../registry.ts";
import { type Versions, versions } from "../version.ts";
import { type Adapter, checkAdapters, type Driver, findAdapters, findDrivers } from "./adapters.ts";
import { lossChecks, probeChecks } from "./checks/embeddings.ts";
import { layerChecks } from "./checks/layers.ts";
import { convolutionChecks, copyChecks, productChecks } from "./checks/operations.ts";
import { trainingChecks } from "./checks/training.ts";
import { type KernelCheck, type KernelResult, runCheck } from "./kernel_check.ts";
import {
  guessPaper,
  measureQuickstart,
  measureSpeed,
  type Quickstart,
  type Speed,
} from "./speed.ts";
import {
  checkStorage,
  type DatasetFiles,
  type Folder,
  inspectDatasets,
  inspectFolder,
} from "./storage.ts";

/** Each kernel of tauplus is in one of them, which a test ensures. */
export const CHECKS: readonly KernelCheck[] = [
  ...convolutionChecks,
  ...productChecks,
  ...layerChecks,
  ...copyChecks,
  ...lossChecks,
  ...trainingChecks,
  ...probeChecks,
];

export function checksOf(device: Pick<Device, "name" | "setMixed">): KernelCheck[] {
  return CHECKS.filter(({ kernels, mixed }) =>
    kernels[device.name] !== undefined && (!mixed || device.setMixed !== undefined)
  );
}

export interface DiagnoseOptions {
  /** The device that must be there; without one, those that are. */
  readonly device?: DeviceName;
  /** Whether to leave out speed, and the bytes of datasets. */
  readonly quick: boolean;
  /** The folder of the runs. */
  readonly out: string;
  readonly registry: Registry;
  /** The trainings whose time is estimated. */
  readonly quickstart: Quickstart;
  /** The cache, and the callback for progress. */
  readonly env: Pick<BaseEnv, "cache" | "progress" | "signal">;
}

/** A device that was diagnosed. */
export interface DiagnosedDevice {
  readonly name: DeviceName;
  /** One line about it. */
  readonly description: string;
  readonly kernels: readonly KernelResult[];
  /** How fast it is; null where that was not asked, or failed. */
  readonly speed: Speed & Guesses | null;
}

/** Estimates from the measured speed. */
export interface Guesses {
  /** Images per second of the quickstart's training, measured. */
  readonly quickstartImages: number;
  /** Seconds of `deno task train`. */
  readonly quickstart: number;
  /** Seconds of `deno task train --preset=dcl-stl10`. */
  readonly paper: number;
}

/** What was found. */
export interface Diagnosis {
  /** Whether nothing is off: there is no finding that is an error. */
  readonly ok: boolean;
  readonly system: System;
  /** WebGPU adapters, the preferred one first. */
  readonly adapters: readonly Adapter[];
  /** The graphics drivers that are installed, on Linux. */
  readonly drivers?: readonly Driver[];
  readonly devices: readonly DiagnosedDevice[];
  readonly folders: readonly Folder[];
  /** The datasets that come from files. */
  readonly datasets: readonly DatasetFiles[];
  /** The problems found, errors first. */
  readonly findings: readonly Finding[];
}

/** Examines this machine. Throws what the signal aborts with, and nothing else. */
export async function diagnose(options: DiagnoseOptions): Promise<Diagnosis> {
  const { registry, env, quick, out } = options;
  const system = describeSystem();
  const adapters = await findAdapters();
  const drivers = await findDrivers();
  const folders = [
    await inspectFolder("cache", env.cache),
    await inspectFolder("runs", out),
  ];
  const datasets = await inspectDatasets(registry, env, !quick);
  const devices: DiagnosedDevice[] = [];
  const findings = [
    ...checkSystem(system),
    ...checkAdapters(adapters),
    ...checkStorage(folders, datasets),
  ];
  const there: DeviceName[] = adapters.length > 0 ? ["webgpu", "wasm"] : ["wasm"];
  for (const name of options.device ? [options.device] : there) {
    try {
      const device = await openDevice(name);
      const diagnosed = await diagnoseDevice(device, options);
      devices.push(diagnosed);
      findings.push(...checkKernels(diagnosed));
    } catch (error) {
      env.signal.throwIfAborted();
      findings.push(failed(name, error));
    }
  }
  const order = (finding: Finding) => finding.level === "error" ? 0 : 1;
  findings.sort((a, b) => order(a) - order(b));
  const ok = findings.every(({ level }) => level !== "error");
  return { ok, system, adapters, drivers, devices, folders, datasets, findings };
}

async function diagnoseDevice(
  device: Device,
  { env, quick, quickstart }: DiagnoseOptions,
): Promise<DiagnosedDevice> {
  const { name, description } = device;
  await device.setTuning(undefined);
  const checks = checksOf(device);
  const kernels: KernelResult[] = [];
  for (const [done, check] of checks.entries()) {
    env.signal.throwIfAborted();
    const task = `checking ${name}`;
    env.progress({ task, done, total: checks.length, unit: "checks" });
    kernels.push(await runCheck(check, device));
  }
  const diagnosed = { name, description, kernels };
  if (quick || kernels.some(({ ok }) => !ok)) return { ...diagnosed, speed: null };
  const measuring = (done: number) =>
    env.progress({ task: `timing ${name}`, done, total: 2, unit: "parts" });
  measuring(0);
  const speed = await measureSpeed(device);
  env.signal.throwIfAborted();
  measuring(1);
  const { imagesPerSecond, seconds } = await measureQuickstart(device, quickstart, env);
  const guesses = {
    quickstartImages: imagesPerSecond,
    quickstart: seconds,
    paper: guessPaper(speed),
  };
  return { ...diagnosed, speed: { ...speed, ...guesses } };
}

function checkKernels({ name, kernels }: DiagnosedDevice): Finding[] {
  const wrong = kernels.filter(({ ok }) => !ok);
  if (wrong.length === 0) return [];
  const other = name === "webgpu" ? "wasm" : "webgpu";
  return [{
    level: "error",
    about: name,
    what: `${name} computes wrong: ${wrong.map(({ name }) => name).join("; ")}.`,
    next: [
      name === "webgpu" ? "Update the driver of the adapter." : "Update Deno.",
      `Until then train with --device=${other}, and report what ` +
      "`deno task doctor --json` prints.",
    ],
  }];
}

function failed(name: DeviceName, error: unknown): Finding {
  if (error instanceof TauplusError) {
    return { level: "error", about: name, what: error.fault, next: [error.next] };
  }
  return {
    level: "error",
    about: name,
    what: `${name} failed: ${error instanceof Error ? error.message : String(error)}`,
    next: ["Report it, with what `deno task doctor --json` prints."],
  };
}

/** Below this the quickstart does not fit beside the system. */
const LEAST_MEMORY = 2e9;

interface System {
  /** Of tauplus, Deno, TensorFlow.js. */
  readonly versions: Versions & { readonly v8: string; readonly typescript: string };
  /** The operating system with its release, and the architecture, as `linux 6.1.0, x86_64`. */
  readonly os: string;
  readonly processor: string;
  readonly cores: number;
  /** Bytes of memory, and how many are available. */
  readonly memory: { readonly total: number; readonly available: number };
}

export function describeSystem(): System {
  const { total, available } = Deno.systemMemoryInfo();
  const { v8, typescript } = Deno.version;
  const processors = cpus();
  return {
    versions: { ...versions(), v8, typescript },
    os: `${Deno.build.os} ${Deno.osRelease()}, ${Deno.build.arch}`,
    processor: processors[0]?.model.trim() ?? "unknown processor",
    cores: processors.length,
    memory: { total, available },
  };
}

/** A warning where less memory is available than training needs. */
export function checkSystem({ memory }: Pick<System, "memory">): Finding[] {
  if (memory.available >= LEAST_MEMORY) return [];
  return [{
    level: "warning",
    about: "memory",
    what: `Only ${(memory.available / 1e9).toFixed(1)} GB of memory is available.`,
    next: ["Close other programs, or train with a smaller --batch_size or --micro_batch."],
  }];
}

/** Something that is off, or could be better. */
export interface Finding {
  /** `error`: training would fail or be wrong. `warning`: it would work, but could be better. */
  readonly level: "error" | "warning";
  /** What it is about: a part of the machine, a device, a folder or a dataset, by its name. */
  readonly about: string;
  /** The problem, in one sentence. */
  readonly what: string;
  /** What to do, a sentence or two each. */
  readonly next: readonly string[];
}

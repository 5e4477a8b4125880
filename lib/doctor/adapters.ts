/**
 * The WebGPU adapters of this machine, with what they can.
 *
 * @module
 */
import { basename, join } from "node:path";
import { z } from "zod";
import { deviceAdvice } from "../device/failure.ts";
import { describeAdapter, findAdapter } from "../device/webgpu.ts";
import type { Finding } from "./diagnose.ts";

export interface Adapter {
  /** Its name, with the driver where the system names it. */
  readonly description: string;
  /** Whether it computes on the processor. */
  readonly software: boolean;
  /** Whether training takes it: the one the system prefers. */
  readonly preferred: boolean;
  /** Numbers that it calls its vendor and device by. */
  readonly vendor: string;
  /** See `vendor`. */
  readonly device: string;
  /** Its limits, in bytes and counts, by WebGPU's names. */
  readonly limits: { readonly [name in (typeof LIMITS)[number]]: number };
  /** Its features, by WebGPU's names. */
  readonly features: readonly string[];
}

/** What decides how large a batch can be, and which kernels run. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const;

/** All adapters, the preferred one first. */
export async function findAdapters(): Promise<Adapter[]> {
  const preferred = await findAdapter();
  if (!preferred) return [];
  const others: (GPUAdapter | null)[] = [];
  for (
    const options of [{ powerPreference: "low-power" }, { forceFallbackAdapter: true }] as const
  ) {
    others.push(await navigator.gpu.requestAdapter(options).catch(() => null));
  }
  const all = [preferred, ...others].flatMap((adapter, i) =>
    adapter ? [describe(adapter, i === 0)] : []
  );
  return all.filter(({ description, device }, i) =>
    all.findIndex((other) => other.description === description && other.device === device) === i
  );
}

function describe(adapter: GPUAdapter, preferred: boolean): Adapter {
  const { info: { vendor, device }, limits, features } = adapter;
  const number = (name: (typeof LIMITS)[number]) => [name, Number(limits[name])] as const;
  return {
    ...describeAdapter(adapter),
    preferred,
    vendor,
    device,
    limits: Object.fromEntries(LIMITS.map(number)) as Adapter["limits"],
    features: [...features].sort(),
  };
}

/** A warning where the preferred adapter is software, or where there is none. */
export function checkAdapters([preferred]: readonly Adapter[]): Finding[] {
  if (preferred && !preferred.software) return [];
  return [{
    level: "warning",
    about: "adapters",
    what: preferred
      ? "The adapter is software: it computes on the processor."
      : "There is no WebGPU adapter: training runs on the processor, by WebAssembly.",
    next: deviceAdvice(),
  }];
}

export interface Driver {
  /** The manifest that names it, as `radeon_icd.json`. */
  readonly name: string;
  /** The version of Vulkan that it has. */
  readonly vulkan: string;
}

/** Where Vulkan's loader looks, the two variables aside; see its LoaderDriverInterface.md. */
const FOLDERS = [
  "/etc/vulkan/icd.d",
  "/usr/local/etc/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
  "/usr/share/vulkan/icd.d",
];
const VARIABLES = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

const Manifest = z.object({ ICD: z.object({ api_version: z.string() }) });

/** The drivers by name; undefined on systems other than Linux. */
export async function findDrivers(): Promise<Driver[] | undefined> {
  if (Deno.build.os !== "linux") return;
  const named = VARIABLES.map((name) => Deno.env.get(name)).find((value) => value);
  const paths = named ? named.split(":") : (await Promise.all(FOLDERS.map(manifests))).flat();
  const drivers: Driver[] = [];
  for (const path of paths) {
    const text = await Deno.readTextFile(path).catch(() => "null");
    const manifest = Manifest.safeParse(parsed(text));
    if (manifest.success) {
      drivers.push({ name: basename(path), vulkan: manifest.data.ICD.api_version });
    }
  }
  return drivers.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function manifests(folder: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".json")) found.push(join(folder, name));
    }
  } catch {
    // Not every system has every folder.
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * The WebGPU device: a TensorFlow.js backend with a name of its own, which uses the full limits of the
 * adapter. It has the kernels of `lib/kernels/webgpu`, and those of the stock `webgpu` backend for the
 * rest. The stock backend itself is not changed.
 *
 * @module
 */
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { z } from "zod";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DeviceError } from "../errors.ts";
import { registerMixedPrecision, setMixed } from "../kernels/webgpu/mixed.ts";
import { webgpuBackend } from "../kernels/webgpu/program.ts";
import { registerWebgpuKernels } from "../kernels/webgpu/register.ts";
import {
  KERNELS_VERSION,
  startTuning,
  stopTuning,
  tune,
  type Winners,
} from "../kernels/webgpu/tuner.ts";
import { recall, remember } from "../measurements.ts";
import type { Device } from "./device.ts";

export const BACKEND = "tauplus-webgpu";

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const;

/** The environment variable with the graphics APIs to use; Deno reads it before the first adapter. */
const BACKENDS = "DENO_WEBGPU_BACKEND";

const FEATURES: GPUFeatureName[] = ["timestamp-query", "shader-f16"];

/** What is known of an adapter before it is opened. */
export interface AdapterDescription {
  /** One line that describes the adapter, with the driver where the system names it. */
  readonly description: string;
  /** Whether it is a software adapter, which computes on the processor. */
  readonly software: boolean;
}

/** The open device, and whether it is still usable. */
let open: { device: Device; lost: boolean } | undefined;
let kernelsRegistered = false;

/**
 * The adapter that the system prefers; null if there is none. Throws nothing. OpenGL is used only if
 * the environment names it: Mesa's takes minutes to compile the shaders of a training step.
 */
export async function findAdapter(): Promise<GPUAdapter | null> {
  try {
    if (!Deno.env.has(BACKENDS)) Deno.env.set(BACKENDS, "vulkan,metal,dx12");
  } catch {
    // Without permission, all backends are asked.
  }
  try {
    return await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }) ?? null;
  } catch {
    return null; // a driver that cannot even be asked is no adapter
  }
}

/** Describes an adapter, for example as `llvmpipe (LLVM 15.0.6, 256 bits), software adapter`. */
export function describeAdapter(
  { info }: {
    info: Pick<GPUAdapterInfo, "vendor" | "device" | "description" | "isFallbackAdapter">;
  },
): AdapterDescription {
  const name = info.description || `vendor ${info.vendor}, device ${info.device}`;
  const software = info.isFallbackAdapter ||
    /llvmpipe|lavapipe|swiftshader|basic render/i.test(name);
  return { description: software ? `${name}, software adapter` : name, software };
}

/**
 * Opens the WebGPU adapter that the system prefers, or returns the device that is already open.
 *
 * @throws {DeviceError} if there is no adapter, or it does not open
 */
export async function openWebgpu(): Promise<Device> {
  if (open && !open.lost) {
    await tf.setBackend(BACKEND);
    return open.device;
  }
  const adapter = await findAdapter();
  if (!adapter) {
    throw cannotOpen("the machine must have a WebGPU adapter (Vulkan, Metal, Direct3D)");
  }
  const gpu = await requestDevice(adapter);
  const state: typeof open = { device: watch(gpu, adapter), lost: false };
  gpu.lost.then(() => state.lost = true);
  open = state;
  if (tf.findBackendFactory(BACKEND)) tf.removeBackend(BACKEND);
  tf.registerBackend(BACKEND, () => new WebGPUBackend(gpu, adapter.info));
  if (!kernelsRegistered) {
    tf.copyRegisteredKernels("webgpu", BACKEND);
    registerWebgpuKernels(BACKEND);
    registerMixedPrecision(BACKEND);
  }
  kernelsRegistered = true;
  if (!await tf.setBackend(BACKEND)) throw cannotOpen("TensorFlow.js must accept it");
  return state.device;
}

function cannotOpen(rule: string, cause?: unknown): DeviceError {
  return new DeviceError({
    act: "open the webgpu device",
    rule,
    next: "Install a GPU driver (or mesa-vulkan-drivers for a software adapter), " +
      "or choose --device=wasm.",
    cause,
  });
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice({
      requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
    });
  } catch (cause) {
    throw cannotOpen("the adapter must open with its own limits and features", cause);
  }
}

/** Listens to errors of the GPU: otherwise a failed shader would give zeros without an error. */
function watch(gpu: GPUDevice, adapter: GPUAdapter): Device {
  let error: GPUError | undefined, lost: string | undefined;
  gpu.addEventListener("uncapturederror", (event) => {
    if (event instanceof GPUUncapturedErrorEvent) error ??= event.error;
  });
  gpu.lost.then((info) => lost = `the device was lost: ${info.message || info.reason}`);
  const described = describeAdapter(adapter);
  if (described.software) collectBindGroups(gpu);
  const backend = () => webgpuBackend(tf.engine().findBackend(BACKEND));
  return {
    name: "webgpu",
    backend: BACKEND,
    ...described,
    tf,
    async setTuning(tuning) {
      if (!tuning) return stopTuning(backend());
      const { cache, progress, ...rest } = tuning;
      startTuning(backend(), {
        ...rest,
        ...await rememberedWinners(described.description, cache),
        progress: (done, total) =>
          progress?.({ task: "tuning kernels", done, total, unit: "kernels" }),
      });
    },
    tune: () => tune(backend()),
    ...(gpu.features.has("shader-f16") && { setMixed: (on: boolean) => setMixed(backend(), on) }),
    check() {
      const full = lost === undefined && error instanceof GPUOutOfMemoryError;
      const got = lost ?? error?.message;
      error = undefined;
      if (got === undefined) return;
      throw new DeviceError({
        act: "continue on the webgpu device",
        rule: full ? "a step must fit its memory" : "every shader must compile and run",
        got,
        next: full
          ? "Choose a smaller --batch_size, or --micro_batch."
          : "Update the driver, or choose --device=wasm.",
      });
    },
  };
}

/** The fastest candidates as JSON text, by adapter and versions, then by kernel and shape. */
const WinnersFile = z.record(z.string(), z.record(z.string(), z.string()));

/** What the tuner found on this adapter with these versions, and how to save what it finds. */
export async function rememberedWinners(
  adapter: string,
  cache: string | undefined,
): Promise<{ known: Winners; remember: (winners: Winners) => Promise<void> }> {
  const file = cache && join(cache, "kernels.json");
  const where = [
    adapter,
    `Deno ${Deno.version.deno}`,
    `TensorFlow.js ${tf.version_core}`,
    `kernels ${KERNELS_VERSION}`,
  ].join("; ");
  return {
    known: (await recall(file, WinnersFile))[where] ?? {},
    async remember(winners) {
      // Read again: another process may have written meanwhile.
      const all = await recall(file, WinnersFile);
      await remember(file, { ...all, [where]: { ...all[where], ...winners } });
    },
  };
}

/**
 * How many bind groups a device makes between two garbage collections. A software adapter takes
 * seconds to make them, and a collection takes 0.1 to 0.2 s.
 */
export const MOST_BIND_GROUPS = 8192;

/**
 * Runs JavaScript's garbage collection each time a device has made {@linkcode MOST_BIND_GROUPS}.
 *
 * WebGPU has no call that frees a bind group. It is freed with its JavaScript object, and these are so
 * small that the engine does not collect them soon. Mesa's software adapter maps a page of memory for
 * each bind group and does not check for failure. Linux allows 65,530 mappings in a process; beyond
 * that the process ends with a segmentation fault.
 */
export function collectBindGroups(gpu: GPUDevice): void {
  const collect = garbageCollector();
  if (!collect) return;
  const create = gpu.createBindGroup;
  let made = 0;
  gpu.createBindGroup = (descriptor) => {
    if (++made % MOST_BIND_GROUPS === 0) collect();
    return create.call(gpu, descriptor);
  };
}

/**
 * V8 exposes `gc` to contexts that are created while its flag is set. Older versions of Deno cannot
 * set it (2.8.0 cannot, 2.8.3 can): there V8 collects when it decides to, after some 40,000 groups.
 */
function garbageCollector(): (() => void) | undefined {
  setFlagsFromString("--expose-gc");
  try {
    return runInNewContext("globalThis.gc");
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}

/**
 * The WebGPU device: a backend of our own name over an adapter's full limits, with the kernels of
 * the stock backend. The stock `webgpu` backend stays untouched.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { DeviceError } from "../errors.ts";
import type { Device } from "./device.ts";

const BACKEND = "tauplus-webgpu";

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
] as const;

const FEATURES: GPUFeatureName[] = ["timestamp-query", "shader-f16"];

/** Opens the WebGPU adapter the system prefers. */
export async function openWebgpu(): Promise<Device> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new DeviceError({
      act: "open the webgpu device",
      rule: "the machine must have a WebGPU adapter (Vulkan, Metal or Direct3D 12)",
      next: "Install a GPU driver (or mesa-vulkan-drivers for a software adapter), " +
        "or choose --device=wasm.",
    });
  }
  const device = await adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
  // Without these two, a failed shader gives silent zeros.
  let failure: string | undefined;
  device.addEventListener("uncapturederror", (event: Event) => {
    if (event instanceof GPUUncapturedErrorEvent) failure ??= event.error.message;
  });
  device.lost.then((info) => failure ??= `the device was lost: ${info.message}`);

  tf.registerBackend(BACKEND, () => new WebGPUBackend(device, adapter.info));
  tf.copyRegisteredKernels("webgpu", BACKEND);
  await tf.setBackend(BACKEND);
  const description = adapter.info.description || adapter.info.device || adapter.info.vendor;
  return {
    name: "webgpu",
    backend: BACKEND,
    description,
    software: adapter.info.isFallbackAdapter || /llvmpipe|swiftshader|lavapipe/i.test(description),
    tf,
    check() {
      if (failure === undefined) return;
      throw new DeviceError({
        act: "go on with the webgpu device",
        rule: "every shader must compile and run",
        got: failure,
        next: "Update the driver, or choose --device=wasm.",
      });
    },
  };
}

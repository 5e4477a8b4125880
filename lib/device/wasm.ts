/**
 * The wasm device: XNNPACK on one core, for machines without WebGPU.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { DeviceError } from "../errors.ts";
import { registerWasmKernels } from "../kernels/wasm/register.ts";
import type { Device } from "./device.ts";

/** Opens the wasm backend. */
export async function openWasm(): Promise<Device> {
  registerWasmKernels();
  if (!await tf.setBackend("wasm")) {
    throw new DeviceError({
      act: "open the wasm device",
      rule: "TensorFlow.js must be able to start its WebAssembly backend",
      next: "Update Deno, or choose --device=webgpu.",
    });
  }
  return {
    name: "wasm",
    backend: "wasm",
    description: "WebAssembly (XNNPACK)",
    software: true,
    tf,
    check: () => {},
  };
}

/**
 * Opening a device: a name to a TensorFlow.js backend that is ready, and what is known of it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { DeviceError } from "../errors.ts";
import type { Progress, Tf } from "../plugin.ts";
import { openWebgpu } from "./webgpu.ts";
import { registerWasmKernels } from "../kernels/wasm/register.ts";

/** The devices by name. */
export type DeviceName = "webgpu" | "wasm";

/** How a device is tuned. */
export interface DeviceTuning {
  /** The folder to remember measurements in; without it they last as long as the process. */
  readonly cache?: string;
  /** Is told of the kernels that are timed. */
  readonly progress?: (progress: Progress) => void;
  /** Ends the timing early. */
  readonly signal?: AbortSignal;
  /** Milliseconds to spend at most; default 20,000. */
  readonly budget?: number;
}

/** An open device; TensorFlow.js is set to it. */
export interface Device {
  /** `webgpu` or `wasm`. */
  readonly name: DeviceName;
  /** The name of its TensorFlow.js backend. */
  readonly backend: string;
  /** One line for a person: the adapter, or the instruction set. */
  readonly description: string;
  /** Whether the computation runs on the processor: wasm, or a software WebGPU adapter. */
  readonly software: boolean;
  /** TensorFlow.js, set to this device. */
  readonly tf: Tf;
  /** Throws a DeviceError if the device failed since the last call; call it after a sync. */
  check(): void;
  /**
   * Begins tuning with what is remembered, or ends it: then every kernel computes in its standard
   * way. A device that is just opened is not tuned. No result depends on it, to the bit.
   */
  setTuning(tuning: DeviceTuning | undefined): Promise<void>;
  /**
   * Between steps: times how kernels that ran could compute, for seconds at most and once per
   * machine. Immediate where the device is not tuned, or nothing is new.
   */
  tune(): Promise<void>;
  /**
   * Whether what is computed from now on is in mixed precision: convolutions and matrix products of
   * operands rounded to float16, and summed in float32. Not there where the device has no float16.
   */
  readonly setMixed?: (on: boolean) => void;
}

/** Opens a device by name. Throws DeviceError where the machine has none. */
export async function openDevice(name: DeviceName): Promise<Device> {
  switch (name) {
    case "webgpu":
      return await openWebgpu();
    case "wasm":
      return await openWasm();
    default:
      throw new DeviceError({
        act: "open the device",
        rule: "it must be webgpu or wasm",
        got: name,
        next: "Choose one of them, or auto.",
      });
  }
}

/**
 * Opens the wasm backend.
 *
 * @throws {DeviceError} where the backend does not start
 */
async function openWasm(): Promise<Device> {
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
    description: "WebAssembly (XNNPACK, SIMD), 1 thread",
    software: true,
    tf,
    check: () => {},
    setTuning: async () => {},
    tune: async () => {},
  };
}

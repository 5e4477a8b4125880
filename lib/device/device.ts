/**
 * Opens a device by name: prepares its TensorFlow.js backend, and describes it.
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
  /** The folder to save timings in; without it they are lost when the process ends. */
  readonly cache?: string;
  /** Called with the number of kernels timed so far. */
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
  /** One line for the user: the adapter, or the instruction set. */
  readonly description: string;
  /** Whether the computation runs on the processor: wasm, or a software WebGPU adapter. */
  readonly software: boolean;
  /** TensorFlow.js, set to this device. */
  readonly tf: Tf;
  /** Throws a DeviceError if the device failed since the last call. Call it after reading a tensor. */
  check(): void;
  /**
   * Turns tuning on, starting with the saved timings. Undefined turns it off: then every kernel uses
   * its default tile. A device that was just opened is not tuned. Tuning does not change a bit of a
   * result.
   */
  setTuning(tuning: DeviceTuning | undefined): Promise<void>;
  /**
   * Times the candidates of the kernels that ran and have no timing yet; call it between steps. It
   * takes seconds, once per machine. Returns at once if tuning is off or no kernel is new.
   */
  tune(): Promise<void>;
  /**
   * Turns mixed precision on or off for what is computed from now on: convolutions and matrix
   * products then round their operands to float16 and sum in float32. Absent if the device has no
   * float16.
   */
  readonly setMixed?: (on: boolean) => void;
}

/** Opens a device by name. Throws a DeviceError if the machine does not have it. */
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
 * @throws {DeviceError} if the backend does not start
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

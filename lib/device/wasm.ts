/**
 * The wasm device: TensorFlow.js's WebAssembly backend with our own kernels for what training spends
 * its time in (`lib/kernels/wasm`), for machines without a graphics processor.
 *
 * It runs on one thread. The package also ships a threaded binary, and one can be brought to run in
 * Deno (measured: twice the speed of a matrix product on two cores), but not cleanly:
 *
 * - the backend refuses threads wherever `process.versions.node` is set, as in Deno, and its worker
 *   is a blob of a classic script, which `worker_threads` does not take; so the Emscripten worker
 *   would have to be written again here and follow every release;
 * - its C++ takes at most half the processors there are (`emscripten_num_logical_cores() / 2`): on
 *   two cores that is one thread, unless `os.cpus` is made to lie;
 * - it replaces the global `Worker`, always starts eight workers, half a second in all, and they keep
 *   the process alive.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { DeviceError } from "../errors.ts";
import { registerWasmKernels } from "../kernels/wasm/register.ts";
import type { Device } from "./device.ts";

/**
 * Opens the wasm backend.
 *
 * @throws {DeviceError} where the backend does not start
 */
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
    description: "WebAssembly (XNNPACK, SIMD), 1 thread",
    software: true,
    tf,
    check: () => {},
    setTuning: async () => {},
    tune: async () => {},
  };
}

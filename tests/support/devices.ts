/** Runs one test on every device this machine has. */
import { findAdapter } from "../../lib/device/webgpu.ts";
import { type Device, type DeviceName, openDevice } from "../../lib/device/device.ts";

const NAMES: DeviceName[] = ["wasm", "webgpu"];
const hasAdapter = await findAdapter() !== null;
/** Whether the machine can run WebGPU tests; true where it must (`deno task test:gpu`). */
export const webgpuExpected: boolean = hasAdapter || Deno.env.has("TAUPLUS_REQUIRE_GPU");
const opened = new Map<DeviceName, Promise<Device>>();

/**
 * Registers a test per device. Where there is no WebGPU adapter the test is reported as ignored,
 * and fails instead where TAUPLUS_REQUIRE_GPU is set (`deno task test:gpu`).
 */
export function testOnDevices(name: string, fn: (device: Device) => void | Promise<void>): void {
  testOn(NAMES, name, fn);
}

/** Registers a test of what only WebGPU has, ignored as {@linkcode testOnDevices} does. */
export function testOnWebgpu(name: string, fn: (device: Device) => void | Promise<void>): void {
  testOn(["webgpu"], name, fn);
}

/** Registers a test that takes long and has nothing to do with the device. */
export function testOnWasm(name: string, fn: (device: Device) => void | Promise<void>): void {
  testOn(["wasm"], name, fn);
}

function testOn(
  names: readonly DeviceName[],
  name: string,
  fn: (device: Device) => void | Promise<void>,
): void {
  for (const deviceName of names) {
    const missing = deviceName === "webgpu" && !hasAdapter;
    Deno.test({
      name: `${name} (${deviceName}${missing ? ": no WebGPU adapter on this machine" : ""})`,
      ignore: deviceName === "webgpu" && !webgpuExpected,
      // A GPU device and its polling outlive a test.
      sanitizeOps: false,
      sanitizeResources: false,
      fn: async () => {
        if (!opened.has(deviceName)) opened.set(deviceName, openDevice(deviceName));
        const device = await opened.get(deviceName)!;
        await device.tf.setBackend(device.backend);
        await fn(device);
        device.check();
      },
    });
  }
}

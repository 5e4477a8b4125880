/** A WebGPU device that fails says so. */
import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { assert, assertEquals, assertLess, assertStrictEquals, assertThrows } from "@std/assert";
import {
  describeAdapter,
  findAdapter,
  MOST_BIND_GROUPS,
  openWebgpu,
} from "../../../lib/device/webgpu.ts";
import { DeviceError } from "../../../lib/errors.ts";

const adapter = await findAdapter();
const missing = adapter === null && !Deno.env.get("TAUPLUS_REQUIRE_GPU");

function testOnWebgpu(name: string, fn: () => Promise<void>, ignore = missing): void {
  Deno.test({ name, ignore, sanitizeOps: false, sanitizeResources: false, fn });
}

function gpuDevice(): GPUDevice {
  const backend = tf.backend();
  assert(backend instanceof WebGPUBackend);
  return backend.device;
}

async function sumOfOnes(): Promise<number> {
  const sum = tf.tidy(() => tf.ones([3, 5]).sum());
  const [value] = await sum.data();
  sum.dispose();
  return value;
}

testOnWebgpu("opening twice gives the same device", async () => {
  assertStrictEquals(await openWebgpu(), await openWebgpu());
  assertEquals(await sumOfOnes(), 15);
});

testOnWebgpu("a shader that does not compile is a DeviceError at the next check", async () => {
  const device = await openWebgpu();
  device.check();
  gpuDevice().createShaderModule({ code: "fn main() { this is not WGSL }" });
  assertEquals(await sumOfOnes(), 15);
  assertThrows(() => device.check(), DeviceError, "Cannot continue on the webgpu device");
  device.check();
});

testOnWebgpu(
  "a device without memory left asks for smaller batches, not another driver",
  async () => {
    const device = await openWebgpu();
    const error = new GPUOutOfMemoryError("none left");
    gpuDevice().dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
    assertThrows(() => device.check(), DeviceError, "--micro_batch");
    device.check();
  },
);

testOnWebgpu("a lost device is a DeviceError, and can be opened again", async () => {
  const device = await openWebgpu();
  gpuDevice().destroy();
  await gpuDevice().lost;
  assertThrows(() => device.check(), DeviceError, "the device was lost");
  assertThrows(() => device.check(), DeviceError, "the device was lost");
  const again = await openWebgpu();
  assertEquals(await sumOfOnes(), 15);
  again.check();
});

testOnWebgpu(
  "bind groups of a software adapter are collected before there are too many",
  async () => {
    await openWebgpu();
    const gpu = gpuDevice();
    const buffer = gpu.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE });
    const entry = { binding: 0, visibility: GPUShaderStage.COMPUTE };
    const layout = gpu.createBindGroupLayout({
      entries: [{ ...entry, buffer: { type: "storage" } }],
    });
    const make = () =>
      gpu.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer } }] });
    const early = Array.from({ length: 100 }, () => new WeakRef(make()));
    // What a WeakRef was made of is kept until the task ends.
    await new Promise((resolve) => setTimeout(resolve));
    for (let i = 0; i < MOST_BIND_GROUPS; i++) make();
    // All but what the stack may by chance still seem to refer to.
    assertLess(early.filter((group) => group.deref() !== undefined).length, 10);
    buffer.destroy();
  },
  adapter === null || !describeAdapter(adapter).software,
);

Deno.test("a software adapter is named as one", () => {
  const info = { vendor: "65541", device: "0", description: "llvmpipe (LLVM 15.0.6, 256 bits)" };
  const llvmpipe = describeAdapter({ info: { ...info, isFallbackAdapter: true } });
  assertEquals(llvmpipe, {
    description: "llvmpipe (LLVM 15.0.6, 256 bits), software adapter",
    software: true,
  });
  const card = { ...info, description: "", isFallbackAdapter: false };
  assertEquals(describeAdapter({ info: card }).description, "vendor 65541, device 0");
});

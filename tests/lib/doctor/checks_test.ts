/** The doctor's checks: that they hold every kernel, and would see a wrong one. */
import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { Device, DeviceName } from "../../../lib/device/device.ts";
import { CHECKS, checksOf } from "../../../lib/doctor/diagnose.ts";
import { type KernelCheck, runCheck } from "../../../lib/doctor/kernel_check.ts";
import * as wasm from "../../../lib/kernels/wasm/register.ts";
import * as webgpu from "../../../lib/kernels/webgpu/register.ts";
import { testOnDevices } from "../../support/devices.ts";

Deno.test("every kernel of ours is in a check of its device", () => {
  const checked = (device: DeviceName) =>
    [...new Set(CHECKS.flatMap(({ kernels }) => kernels[device] ?? []))].sort();
  assertEquals(checked("webgpu"), Object.keys(webgpu.WEBGPU_KERNELS).sort());
  assertEquals(checked("wasm"), Object.keys(wasm.WASM_KERNELS).sort());
});

testOnDevices(
  "every check finds its kernels right, and each of them once it is wrong",
  async (device) => {
    for (const check of checksOf(device)) {
      const before = tf.memory().numTensors;
      const { ok, error, problem } = await runCheck(check, device);
      assert(ok, `${check.name}: ${error ?? problem}`);
      assertEquals(tf.memory().numTensors, before, `${check.name} keeps tensors`);
      if (check.mixed) continue; // its kernels are those of other checks
      for (const kernel of check.kernels[device.name] ?? []) {
        const { ran, ok, problem } = await withSpoilt(device, kernel, check);
        assertEquals(problem, undefined, kernel);
        assert(ran, `${check.name} does not run our ${kernel}`);
        assert(!ok, `${check.name} passes with a wrong ${kernel}`);
      }
    }
  },
);

testOnDevices(
  "a check that throws, or gives what is not a number, fails with its reason",
  async (device) => {
    const check: KernelCheck = {
      group: "none",
      name: "nothing",
      kernels: {},
      tolerance: 1,
      compute: () => [tf.scalar(NaN)],
      expected: () => [[1]],
    };
    assertEquals((await runCheck(check, device)).ok, false);
    const thrown = await runCheck({
      ...check,
      compute: () => {
        throw new Error("no such shader\n at …");
      },
    }, device);
    assertEquals([thrown.ok, thrown.error, thrown.problem], [false, null, "no such shader"]);
  },
);

/** Runs a check with a kernel of ours whose results are off by a hundredth, or that acts twice. */
async function withSpoilt(device: Device, name: string, check: KernelCheck) {
  const { backend } = device;
  const right = tf.getKernel(name, backend);
  let ran = false;
  const seen = <T>(output: T): T => {
    ran ||= output !== undefined;
    return output;
  };
  if (device.name === "webgpu") {
    webgpu.replaceKernel(backend, name, (...call) => seen(webgpu.WEBGPU_KERNELS[name](...call)));
  } else {
    wasm.replaceKernel(name, (...call) => seen(wasm.WASM_KERNELS[name](...call)));
  }
  const replaced = kernelOf(name, backend), multiply = kernelOf("Multiply", backend);
  const factor = tf.scalar(1.01);
  tf.unregisterKernel(name, backend);
  tf.registerKernel({
    ...replaced,
    kernelFunc: (call) => {
      const outputs = replaced.kernelFunc(call);
      if (Array.isArray(outputs) && outputs.length === 0) return replaced.kernelFunc(call);
      const spoil = (output: tf.TensorInfo) => {
        if (output.dtype !== "float32") return output;
        const off = multiply.kernelFunc({ ...call, inputs: { a: output, b: factor }, attrs: {} });
        tf.backend().disposeData(output.dataId);
        return [off].flat()[0];
      };
      return Array.isArray(outputs) ? outputs.map(spoil) : spoil(outputs);
    },
  });
  try {
    const { ok, problem } = await runCheck(check, device);
    return { ran, ok, problem };
  } finally {
    factor.dispose();
    tf.unregisterKernel(name, backend);
    if (right) tf.registerKernel(right);
  }
}

function kernelOf(name: string, backend: string) {
  const kernel = tf.getKernel(name, backend);
  if (!kernel) throw new TypeError(`There is no ${name} on ${backend}`);
  return kernel;
}

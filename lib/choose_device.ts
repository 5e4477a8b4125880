/**
 * Which device a run takes: the one named, or with `auto` a graphics processor, else the faster of
 * a software adapter and wasm. Those two are timed once, and the result is remembered.
 *
 * @module
 */
import { join } from "node:path";
import { version_core } from "@tensorflow/tfjs";
import { z } from "zod";
import { DeviceError } from "./errors.ts";
import { recall, remember } from "./measurements.ts";
import { convNet } from "./nn/conv_net.ts";
import { projectionHead } from "./nn/projection_head.ts";
import type { Encoder } from "./plugin.ts";
import { rng } from "./random.ts";
import { timeInTurn, wallClock } from "./timing.ts";
import { embed, networkParameters } from "./train/network.ts";
import { makeOptimizer } from "./train/optimizer.ts";
import { type Device, type DeviceName, openDevice } from "./device/device.ts";
import { type AdapterDescription, describeAdapter, findAdapter } from "./device/webgpu.ts";

export interface ChooseOptions {
  /** The folder to remember measurements in; without it nothing is remembered. */
  readonly cache?: string;
  /** Called with the reason why a device was chosen or not, one sentence at a time. */
  readonly note?: (sentence: string) => void;
}

/** To be raised when the step or a device's kernels change, so that old measurements are not used. */
const PROBE_VERSION = 2;

/** Milliseconds of one training step, null where the adapter failed. */
const Times = z.strictObject({ wasm: z.number(), webgpu: z.number().or(z.null()) });
const Remembered = z.record(z.string(), Times);
type Times = z.output<typeof Times>;

/**
 * Opens a device by name, or the best one.
 *
 * @throws {DeviceError} where the device named cannot be opened; with `auto`, only where wasm cannot
 */
export async function chooseDevice(
  name: "auto" | DeviceName,
  options: ChooseOptions = {},
): Promise<Device> {
  if (name !== "auto") return await openDevice(name);
  const note = options.note ?? (() => {});
  const adapter = await findAdapter();
  const found = adapter ? describeAdapter(adapter) : undefined;
  const times = found?.software ? await recallOrMeasure(found, options) : undefined;
  const { device, reason } = decide(found, times);
  note(reason);
  if (device === "wasm") return await openDevice("wasm");
  try {
    return await openDevice("webgpu");
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    note(`${error.message} So the device is wasm.`);
    return await openDevice("wasm");
  }
}

/** The rule: no adapter gives wasm, a graphics processor wins, a software adapter must be faster. */
export function decide(
  adapter: AdapterDescription | undefined,
  times: Times | undefined,
): { device: DeviceName; reason: string } {
  if (!adapter) return { device: "wasm", reason: "There is no WebGPU adapter." };
  const { description, software } = adapter;
  if (!software || !times) return { device: "webgpu", reason: `${description} is a GPU.` };
  if (times.webgpu === null) return { device: "wasm", reason: `${description} does not work.` };
  const [webgpu, wasm] = [times.webgpu, times.wasm].map((ms) => `${ms.toFixed(1)} ms`);
  return {
    device: times.webgpu < times.wasm ? "webgpu" : "wasm",
    reason: `A training step takes ${webgpu} on ${description} and ${wasm} on wasm.`,
  };
}

async function recallOrMeasure(
  { description }: AdapterDescription,
  { cache }: ChooseOptions,
): Promise<Times> {
  const key = [
    description,
    `${navigator.hardwareConcurrency} processors`,
    `Deno ${Deno.version.deno}`,
    `TensorFlow.js ${version_core}`,
    `probe ${PROBE_VERSION}`,
  ].join("; ");
  const file = cache && join(cache, "devices.json");
  const remembered = await recall(file, Remembered);
  if (remembered[key]) return remembered[key];
  const times = {
    wasm: await timeStep(await openDevice("wasm")),
    // A software adapter that fails is no reason to fail: wasm is there.
    webgpu: await openDevice("webgpu").then(timeStep).catch(() => null),
  };
  await remember(file, { ...remembered, [key]: times });
  return times;
}

/**
 * Times a step on 256 images 28×28: three convolutions 3×3 with batch norm and ReLU, the projection
 * head, similarities, all gradients, and Adam.
 *
 * @returns milliseconds of the fastest step
 * @throws {DeviceError} where the device fails
 */
async function timeStep(device: Device): Promise<number> {
  await device.tf.setBackend(device.backend);
  const layers = [{ width: 16, stride: 2 }, { width: 32, stride: 2 }, { width: 64, stride: 1 }];
  const encoder = { model: convNet(1, layers, rng(0)), dim: 64, anySize: true };
  return await timeTrainingStep(device, encoder, [256, 28, 28, 1]);
}

/** Steps are repeated until this many milliseconds are spent. */
const BUDGET = 500;

/**
 * Times a step on random images: encoder, projection head, similarities, all gradients, and Adam. The
 * first step compiles, and does not count. Frees the encoder.
 *
 * @param shape of the images, [n, h, w, channels]
 * @returns milliseconds of the fastest step
 * @throws {DeviceError} where the device fails
 */
export async function timeTrainingStep(
  device: Device,
  encoder: Encoder,
  shape: [number, number, number, number],
): Promise<number> {
  const { tf } = device;
  const head = projectionHead(encoder.dim, 64, 0);
  const network = { encoder, head, unitRows: true };
  const parameters = networkParameters(network);
  const optimizer = makeOptimizer(parameters, { optimizer: "adam", weightDecay: 0, momentum: 0 });
  const x = tf.randomNormal(shape, 0, 1, "float32", 0);
  const loss = () => {
    const z = embed(network, x);
    return tf.logSumExp(z.matMul(z, false, true), 1).mean().asScalar();
  };
  const step = async () => {
    const { value, grads } = tf.variableGrads(loss, [...parameters.values()]);
    optimizer.step(grads, 1e-3);
    await value.data();
    tf.dispose([value, grads]);
  };
  try {
    const turns = { rounds: Infinity, budget: BUDGET, meter: wallClock };
    const [times] = await timeInTurn([step], turns);
    device.check();
    return Math.min(...times);
  } finally {
    x.dispose();
    optimizer.dispose();
    head.dispose();
    encoder.model.dispose();
  }
}

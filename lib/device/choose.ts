/**
 * Which device a run takes: the one named, or with `auto` a graphics processor, else the faster of
 * a software adapter and wasm. Those two are timed once, and the result is remembered.
 *
 * @module
 */
import { join } from "node:path";
import { version_core } from "@tensorflow/tfjs";
import { z } from "zod";
import { DeviceError } from "../errors.ts";
import { recall, remember } from "../measurements.ts";
import { type Device, type DeviceName, openDevice } from "./device.ts";
import { PROBE_VERSION, timeStep } from "./probe.ts";
import { type AdapterDescription, describeAdapter, findAdapter } from "./webgpu.ts";

/** How to choose. */
export interface ChooseOptions {
  /** The folder to remember measurements in; without it nothing is remembered. */
  readonly cache?: string;
  /** Is told why a device was chosen or passed over, one sentence at a time. */
  readonly note?: (sentence: string) => void;
}

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

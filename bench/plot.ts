/**
 * How the cost grows, measured and drawn: `bench/results/*.json` and `*.svg`. Words choose.
 *
 *     deno task bench:plot
 *     deno task bench:plot loss
 *
 * - loss: the debiased loss and its gradient, over batch sizes
 * - image: a whole training step, over image sizes
 * - linear: the linear probe on features of 512, over dataset sizes
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { create } from "../lib/create.ts";
import { openDevice } from "../lib/device/device.ts";
import { BACKEND } from "../lib/device/webgpu.ts";
import { rng } from "../lib/random.ts";
import { type Chart, figure, lineCharts, type Point } from "../lib/report/figure.ts";
import { jsonText, writeAtomic } from "../lib/files.ts";
import { printErr } from "../lib/terminal/print.ts";
import { wallClock } from "../lib/timing.ts";
import linear from "../plugins/probes/linear.ts";
import { type Machine, machine } from "./support/machine.ts";
import { inScope } from "./support/measure.ts";
import { extraBytes } from "./support/memory.ts";
import { openBoth, prepare, STOCK, timeMedians } from "./support/paired.ts";
import { productEnv, productStep } from "./support/product_step.ts";
import { stockStep } from "./support/stock_step.ts";
import type { StepSpec } from "./support/steps.ts";
import { contrastCost, PAIRS } from "./works/contrast.ts";

const OURS = "tauplus", OTHER = "stock TensorFlow.js";
const REPETITIONS = 5;
const MIB = 2 ** 20;

const PLOTS: Readonly<Record<string, () => Promise<Chart[]>>> = { loss, image, linear: probe };

const here = await machine();
if (!here.adapter) {
  printErr("There is no WebGPU adapter: nothing to measure.");
  Deno.exit(1);
}
await openBoth();
const folder = new URL("results/", import.meta.url);
await Deno.mkdir(folder, { recursive: true });
for (const [name, measure] of Object.entries(PLOTS)) {
  if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
  const charts = (await measure()).map((chart) => ({
    ...chart,
    points: chart.points.map((point) => ({ ...point, y: Number(point.y.toPrecision(4)) })),
  }));
  await writeAtomic(new URL(`${name}.json`, folder).pathname, jsonText({ ...here, charts }));
  const svg = await figure([lineCharts(charts)], describe(here));
  await writeAtomic(new URL(`${name}.svg`, folder).pathname, svg);
}
Deno.exit(0); // the devices would keep the process

function describe({ adapter, driver, date }: Machine): string {
  return [adapter, driver, date].filter(Boolean).join("; ");
}

async function loss(): Promise<Chart[]> {
  const time: Point[] = [], memory: Point[] = [];
  for (const pairs of PAIRS) {
    printErr(`loss of ${pairs} pairs`);
    const { ours, stock, ourBytes, stockBytes } = await contrastCost(pairs, REPETITIONS);
    time.push({ x: pairs, y: ours, series: OURS });
    memory.push({ x: pairs, y: ourBytes / MIB, series: OURS });
    if (stock !== undefined) time.push({ x: pairs, y: stock, series: OTHER });
    if (stockBytes !== undefined) memory.push({ x: pairs, y: stockBytes / MIB, series: OTHER });
  }
  const x = "pairs in the batch";
  return [
    { title: "Debiased loss and gradient", x, y: "milliseconds", points: time },
    { title: "Memory beside embeddings and gradients", x, y: "MiB", points: memory },
  ];
}

async function image(): Promise<Chart[]> {
  const time: Point[] = [], memory: Point[] = [];
  for (const size of [16, 32, 64, 96]) {
    printErr(`step with images of ${size}×${size}`);
    const spec: StepSpec = { encoder: "conv", batch: 16, size };
    await inScope(async () => {
      await tf.setBackend(BACKEND);
      const ours = await productStep(spec);
      await tf.setBackend(STOCK);
      const stock = stockStep(spec);
      const steps = [[OURS, BACKEND, ours], [OTHER, STOCK, stock]] as const;
      const runs = [];
      for (const [, backend, step] of steps) runs.push(await prepare(backend, () => step));
      const times = await timeMedians(runs, REPETITIONS);
      for (const [i, [series, backend, step]] of steps.entries()) {
        time.push({ x: size, y: times[i].wall, series });
        await tf.setBackend(backend);
        memory.push({ x: size, y: await extraBytes(step) / MIB, series });
      }
    });
  }
  const x = "height and width of the images, 2 × 16 of them";
  return [
    { title: "Training step, conv 16-32-64-128", x, y: "milliseconds", points: time },
    { title: "Memory of a step beside the weights", x, y: "MiB", points: memory },
  ];
}

async function probe(): Promise<Chart[]> {
  const time: Point[] = [], memory: Point[] = [], dim = 512, classes = 10;
  const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
  for (const device of ["webgpu", "wasm"] as const) {
    for (const length of [1000, 4000, 15_000, 60_000]) {
      printErr(`linear on ${length} features on ${device}`);
      await inScope(async () => {
        await openDevice(device);
        const { evaluate } = await create(linear, {}, { ...productEnv([dim]), classes: names });
        const train = clusters(length, dim, classes), test = clusters(1000, dim, classes);
        const fit = async () => void await evaluate({ train, test });
        // The first fit compiles.
        if (device === "wasm") await fit();
        else memory.push({ x: length, y: await extraBytes(fit) / MIB, series: device });
        const stop = wallClock();
        await fit();
        time.push({ x: length, y: stop() / 1000, series: device });
      });
    }
  }
  const x = "training examples, 512 features of 10 classes";
  return [
    { title: "Linear probe, standard protocol", x, y: "seconds", points: time },
    { title: "Memory beside the features", x, y: "MiB", points: memory },
  ];
}

/** Features around a mean per class, overlapping. */
function clusters(length: number, dim: number, classes: number) {
  const center = rng(5), random = rng(6, length);
  const means = Float32Array.from({ length: classes * dim }, () => 0.1 * center.normal());
  const labels = Int32Array.from({ length }, (_, i) => i % classes);
  const values = Float32Array.from({ length: length * dim }, (_, i) => {
    const row = Math.floor(i / dim);
    return means[labels[row] * dim + i % dim] + random.normal();
  });
  return { features: tf.tensor2d(values, [length, dim]), labels };
}

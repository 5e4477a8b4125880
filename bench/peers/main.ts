/**
 * The same training steps in what a user would pick instead, side by side in one run: PyTorch on the
 * processor, stock TensorFlow.js on WebGPU, jax-js. Words choose the programs.
 *
 *     deno task bench:peers
 *     deno task bench:peers tauplus PyTorch
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BACKEND } from "../../lib/device/webgpu.ts";
import { printErr, printOut } from "../../lib/terminal/print.ts";
import { table } from "../../lib/terminal/text.ts";
import { productLoss, stockLoss } from "../support/loss_step.ts";
import { machine, machineLines } from "../support/machine.ts";
import {
  inScope,
  onWasm,
  prepareProduct,
  prepareStock,
  prepareWasm,
  readArguments,
} from "../support/measure.ts";
import { openBoth, prepare, STOCK, timeMedians } from "../support/paired.ts";
import { describeLoss, describeStep, STEPS, type StepSpec } from "../support/steps.ts";
import { timeTorch, type TorchTimes } from "../support/torch.ts";
import { jaxLoss, jaxStep, openJax } from "./jax_step.ts";

const PAIRS = 1024;

/** A program to compare: what runs its steps, absent where it has none. */
interface Peer {
  readonly name: string;
  readonly step?: (spec: StepSpec) => Promise<(() => Promise<void>) | undefined>;
  readonly loss?: () => Promise<() => Promise<void>>;
  /** Measures by itself instead. */
  readonly times?: () => Promise<TorchTimes>;
}

const { words, repetitions } = readArguments();
const here = await machine();
const columns = [...STEPS.map(describeStep), describeLoss(PAIRS)];

const peers: Peer[] = [
  ...(here.adapter ? adapterPeers() : []),
  {
    name: "tauplus, wasm",
    step: prepareWasm,
    loss: () => onWasm(() => productLoss(PAIRS)),
  },
  { name: "PyTorch, 1 thread", times: () => torchTimes(1) },
  { name: "PyTorch, all cores", times: () => torchTimes(0) },
].filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));

if (here.adapter) await openBoth();
const rows: string[][] = [];
for (const peer of peers) {
  printErr(`${rows.length + 1}/${peers.length} ${peer.name}`);
  rows.push(await inScope(() => measure(peer)));
}
printOut(machineLines(here));
printOut(`medians of ${repetitions} repetitions, milliseconds of wall clock\n`);
columns.forEach((column, i) => printOut(`(${i + 1}) ${column}`));
printOut();
printOut(table(["", ...columns.map((_, i) => `(${i + 1})`)], rows));
Deno.exit(0); // the devices would keep the process

function adapterPeers(): Peer[] {
  return [
    {
      name: "tauplus, webgpu",
      step: prepareProduct,
      loss: async () => {
        await tf.setBackend(BACKEND);
        const loss = await productLoss(PAIRS);
        return await prepare(BACKEND, () => loss);
      },
    },
    {
      name: "TensorFlow.js, stock webgpu",
      step: prepareStock,
      loss: () => prepare(STOCK, () => stockLoss(PAIRS)),
    },
    {
      name: "jax-js",
      step: async (spec) => {
        if (spec.encoder !== "conv") return;
        await openJax();
        return jaxStep(spec);
      },
      loss: async () => {
        await openJax();
        return jaxLoss(PAIRS);
      },
    },
  ];
}

/** A row of the table. */
async function measure({ name, step, loss, times }: Peer): Promise<string[]> {
  if (times) {
    const torch = await times();
    if ("missing" in torch) return [name, torch.missing, ...columns.slice(1).map(() => "")];
    const cells = columns.map((column) => torch.times.get(column)?.toFixed(1) ?? "");
    return [`${name} (${torch.version})`, ...cells];
  }
  const makers = [...STEPS.map((spec) => () => step?.(spec)), () => loss?.()];
  const cells: string[] = [];
  for (const make of makers) {
    const run = await make();
    if (!run) cells.push("");
    else cells.push((await timeMedians([run], repetitions))[0].wall.toFixed(1));
    printErr(`   ${columns[cells.length - 1]}: ${cells.at(-1) || "not compared"}`);
  }
  return [name, ...cells];
}

async function torchTimes(threads: number): Promise<TorchTimes> {
  const losses = [{ what: describeLoss(PAIRS), pairs: PAIRS }];
  return await timeTorch({ steps: STEPS, losses, threads, repetitions });
}

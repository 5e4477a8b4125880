/**
 * One table from one run: our kernels and whole steps beside the stock ones on the same adapter,
 * medians of five repetitions after warm-up. Words choose the rows that have one of them:
 *
 *     deno task bench:step
 *     deno task bench:step "step: conv" norm
 *
 * @module
 */
import { printErr, printOut } from "../lib/terminal/print.ts";
import { table } from "../lib/terminal/text.ts";
import { machine, machineLines } from "./support/machine.ts";
import {
  cells,
  inScope,
  prepareWasm,
  readArguments,
  timeComparison,
  timeStep,
} from "./support/measure.ts";
import { openBoth, timeMedians } from "./support/paired.ts";
import { describeLoss, describeStep, STEPS } from "./support/steps.ts";
import { timeTorch } from "./support/torch.ts";
import { WORKS } from "./support/works.ts";
import { contrastCost } from "./works/contrast.ts";

/** What is measured, and the cells that follow its name. */
interface Row {
  readonly what: string;
  /** How many times faster it is meant to be; rows without are shown where chosen. */
  readonly target?: number;
  readonly measure: () => Promise<string[]>;
}

/** How many times faster whole steps are meant to be: than the stock ones, and wasm than PyTorch. */
const TARGETS = { conv: 5, resnet18: 4, wasm: 1 } as const;

/** What the loss of the largest batch may take, in MiB. */
const MEMORY = 64;

const { words, repetitions } = readArguments();
const here = await machine();
const rows = [...(here.adapter ? adapterRows() : []), ...wasmRows()].filter(({ what, target }) =>
  words.length === 0 ? target : words.some((word) => what.includes(word))
);
if (here.adapter) await openBoth();

const lines: string[][] = [];
for (const [i, { what, measure }] of rows.entries()) {
  printErr(`${i + 1}/${rows.length} ${what}`);
  lines.push([what, ...await inScope(measure)]);
}
printOut(machineLines(here));
printOut(
  `medians of ${repetitions} repetitions after one to warm up, milliseconds of wall clock\n`,
);
printOut(table(["what", "stock", "ours", "times faster", "target", ""], lines));
Deno.exit(0); // the devices would keep the process

function adapterRows(): Row[] {
  const operations = WORKS.map((comparison) => ({
    ...comparison,
    measure: async () => cells(await timeComparison(comparison, repetitions), comparison.target),
  }));
  const steps = STEPS.map((spec) => {
    const target = TARGETS[spec.encoder];
    return {
      what: describeStep(spec),
      target,
      measure: async () => cells(await timeStep(spec, repetitions), target),
    };
  });
  return [...operations, memoryRow(), ...steps];
}

/** Where the dense form's matrix of similarities cannot be bound: ours, its time and its memory. */
function memoryRow(): Row {
  const pairs = 16_384;
  return {
    what: `${describeLoss(pairs)}, MiB beside the gradients`,
    target: MEMORY,
    measure: async () => {
      const { ours, ourBytes, stock } = await contrastCost(pairs, repetitions);
      const mebibytes = ourBytes / 2 ** 20;
      printErr(`   ${ours.toFixed(0)} ms a step`);
      return [
        stock === undefined ? "cannot allocate" : stock.toFixed(1),
        mebibytes.toFixed(1),
        "",
        `< ${MEMORY}`,
        mebibytes < MEMORY ? "holds" : "missed",
      ];
    },
  };
}

/** The wasm device beside PyTorch, each as a user has it, on all cores. */
function wasmRows(): Row[] {
  const target = TARGETS.wasm;
  return STEPS.filter(({ encoder }) => encoder === "conv").map((spec) => ({
    what: `wasm (stock: PyTorch, all cores), ${describeStep(spec)}`,
    target,
    measure: async () => {
      const torch = await timeTorch({ steps: [spec], threads: 0, repetitions });
      const [ours] = await timeMedians([await prepareWasm(spec)], repetitions);
      if ("missing" in torch) return [torch.missing, ours.wall.toFixed(1), "", "", ""];
      const wall = torch.times.get(describeStep(spec)) ?? NaN;
      return cells({ stock: { wall, cpu: wall }, ours }, target);
    },
  }));
}

/**
 * PyTorch on the CPU, as a peer: the same steps, timed in a process of its own.
 *
 * @module
 */
import { z } from "zod";
import { findPython } from "../../tests/support/torch.ts";
import { CONV, describeStep, HEAD, LEARNING_RATE, LOSS, type StepSpec } from "./steps.ts";

/** What PyTorch is asked to time. */
export interface TorchWork {
  /** Whole training steps, from the batch to the updated weights. */
  readonly steps?: readonly StepSpec[];
  /** The loss alone, forward and backward, for so many pairs. */
  readonly losses?: readonly { readonly what: string; readonly pairs: number }[];
  /** Threads; 0 for one per core. */
  readonly threads: number;
  /** How many repetitions the median is taken over. */
  readonly repetitions: number;
}

/** Median milliseconds by what was timed, and PyTorch's version; or why there are none. */
export type TorchTimes =
  | { readonly version: string; readonly times: ReadonlyMap<string, number> }
  | { readonly missing: string };

const Line = z.object({ what: z.string(), ms: z.number(), version: z.string() });

/** Times the steps in PyTorch. */
export async function timeTorch(work: TorchWork): Promise<TorchTimes> {
  const python = findPython(["torch"]);
  if (python === undefined) return { missing: "PyTorch is missing" };
  const script = new URL("../peers/torch_step.py", import.meta.url).pathname;
  const { threads, repetitions, steps = [], losses = [] } = work;
  const limited: Record<string, string> = {};
  if (threads > 0) limited["OMP_NUM_THREADS"] = limited["OPENBLAS_NUM_THREADS"] = `${threads}`;
  const child = new Deno.Command(python, {
    args: [script],
    env: limited,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const asked = {
    threads,
    repetitions,
    steps: steps.map((step) => ({ ...step, what: describeStep(step) })),
    losses,
    ...CONV,
    ...HEAD,
    ...LOSS,
    learningRate: LEARNING_RATE,
  };
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(asked)));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) return { missing: "PyTorch's script failed" };
  const lines = new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => Line.parse(JSON.parse(line)));
  return {
    version: lines[0].version,
    times: new Map(lines.map(({ what, ms }) => [what, ms])),
  };
}

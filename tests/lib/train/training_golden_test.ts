/** Whole steps against the reference's in PyTorch: see tests/golden/training_steps.py. */
import { assert, assertEquals } from "@std/assert";
import type { NamedArray } from "../../../lib/interop/safetensors.ts";
import { projectionHead } from "../../../lib/nn/projection_head.ts";
import { type Block, resnet, resnetDim } from "../../../lib/nn/resnet.ts";
import type { Dataset, Objective } from "../../../lib/plugin.ts";
import { createRun, type RunFolder } from "../../../lib/run/run_folder.ts";
import { encodeCheckpoint } from "../../../lib/train/checkpoint.ts";
import type { Network } from "../../../lib/train/network.ts";
import { type TrainOptions, trainOptions } from "../../../lib/train/options.ts";
import { train } from "../../../lib/train/train.ts";
import { makeState } from "../../../lib/train/training_state.ts";
import { viewOptions } from "../../../lib/views/options.ts";
import biased from "../../../plugins/objectives/biased.ts";
import debiased from "../../../plugins/objectives/debiased.ts";
import { envOf } from "../../plugins/encoders/encoders.ts";
import { closedForm, closedWeight, STILL } from "../../support/closed_form.ts";
import { testOnDevices } from "../../support/devices.ts";
import { inFolder } from "../../support/folders.ts";

/** A training, and its losses in float64. */
interface Case {
  readonly name: string;
  readonly block: Block;
  readonly depths: number[];
  readonly batch: number;
  readonly size: number;
  readonly rate: number;
  readonly objective: "debiased" | "biased";
  readonly losses: number[];
  /** How far PyTorch's float32 is from them at most, relative. */
  readonly float32: number;
}

const { cases }: { cases: Case[] } = JSON.parse(
  await Deno.readTextFile(new URL("../../golden/training_steps.json", import.meta.url)),
);

/** Relative; but where PyTorch's own float32 strays by as much, three times that. */
const TOLERANCE = 1e-4;

for (const golden of cases) {
  const { name, block, depths, batch, size, rate, losses, float32 } = golden;
  const tolerance = Math.max(TOLERANCE, 3 * float32);
  testOnDevices(
    `${losses.length} steps of ${name}, ${golden.objective}, are PyTorch's`,
    async (device) => {
      const shape = { block, depths };
      const model = resnet({ ...shape, stem: "small", channels: 3 }, STILL);
      const encoder = { model, dim: resnetDim(shape), anySize: true };
      const env = envOf(device, [size, size, 3]);
      // What is not set is the default, and that the reference's.
      const objective = golden.objective === "debiased"
        ? await debiased.create(debiased.options.parse({}), env)
        : await biased.create(biased.options.parse({}), env);
      const options = trainOptions.parse({
        batchSize: batch,
        epochs: losses.length,
        learningRate: rate,
        logEvery: 1,
        evalEvery: 0,
        saveEvery: 0,
      });
      const head = projectionHead(encoder.dim, options.featureDim, 0);
      const start = firstCheckpoint({ encoder, head, unitRows: true }, objective, options);
      head.dispose();

      const found: number[] = [];
      await inFolder(async (folder) => {
        const run = await createRun(folder, "golden", {});
        await start(run);
        const dataset = stepwise(batch, size);
        const views = viewOptions.parse({});
        const trained = await train({ device, dataset, encoder, objective, views, run }, options, {
          onStep: ({ record }) => found.push(record!.loss),
        });
        trained.dispose();
        await run.close();
      });
      model.dispose();
      assertEquals(found.length, losses.length);
      losses.forEach((loss, step) => {
        const error = Math.abs(found[step] - loss) / loss;
        assert(error <= tolerance, `step ${step + 1}: ${found[step]}, expected ${loss}: ${error}`);
      });
    },
  );
}

/** Writes the checkpoint of a run before its first step: closed forms as weights, moments of 0. */
function firstCheckpoint(
  network: Network,
  objective: Objective,
  options: TrainOptions,
): (run: RunFolder) => Promise<string> {
  const { variables, optimizer } = makeState(network, objective, options);
  const tensors = new Map<string, NamedArray>(
    [...variables].map(([name, { shape, size }]) => {
      const moment = name.startsWith("optimizer.");
      const data = moment ? new Float32Array(size) : closedWeight(name, shape);
      return [name, { dtype: "F32", shape, data }];
    }),
  );
  optimizer.dispose();
  const counters = { epoch: 0, stepInEpoch: 0, step: 0, seconds: 0 };
  const metadata = { seed: `${options.seed}`, batchSize: `${options.batchSize}` };
  const bytes = encodeCheckpoint({ counters, tensors, metadata });
  return (run) => run.saveCheckpoint(counters, bytes);
}

/**
 * One batch of examples, whose own two views are other ones whenever they are asked for: steps ask
 * in their order. The order of the examples within the batch does not matter.
 */
function stepwise(batch: number, size: number): Dataset {
  const length = size * size * 3;
  const own = closedForm("examples", batch * length);
  let step = 0;
  const view = (indices: ArrayLike<number>, number: number) => {
    const noise = closedForm(`noise of view ${number} in step ${step}`, batch * length);
    const images = own.map((x, i) => x + noise[i]);
    const rows = Array.from(indices, (i) => images.subarray(i * length, (i + 1) * length));
    return Float32Array.from(rows.flatMap((row) => [...row]));
  };
  return {
    classes: [],
    shape: [size, size, 3],
    mean: [0],
    std: [1],
    splits: { train: { length: batch, read: () => new Float32Array(0) } },
    views: (indices) => {
      const views = [0, 1].map((number) => view(indices, number));
      step++;
      return views;
    },
  };
}

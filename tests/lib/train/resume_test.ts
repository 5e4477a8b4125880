import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { Device } from "../../../lib/device/device.ts";
import { DataError, Interrupted, UsageError } from "../../../lib/errors.ts";
import { decodeSafetensors, type NamedArray } from "../../../lib/interop/safetensors.ts";
import { readMetrics } from "../../../lib/run/metrics.ts";
import {
  createRun,
  listCheckpoints,
  reopenRun,
  type RunFolder,
} from "../../../lib/run/run_folder.ts";
import { train, type TrainHooks } from "../../../lib/train/train.ts";
import type { TrainOptions } from "../../../lib/train/options.ts";
import { testOnDevices } from "../../support/devices.ts";
import { statefulObjective, tinyOptions, tinyParts } from "../../support/tiny_parts.ts";

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Trains the tiny parts in `run`, then closes it. */
async function trainIn(
  device: Device,
  run: RunFolder,
  hooks: TrainHooks = {},
  options: Partial<TrainOptions> = {},
): Promise<void> {
  const parts = { ...tinyParts(device), objective: statefulObjective(device), run };
  try {
    const trained = await train(parts, tinyOptions({ epochs: 3, ...options }), hooks);
    trained.dispose();
  } finally {
    parts.encoder.model.dispose();
    device.tf.dispose([...parts.objective.variables ?? []]);
    await run.close();
  }
}

/** Starts tests/support/train_tiny.ts. */
function spawn(...args: string[]): Deno.ChildProcess {
  const script = fileURLToPath(new URL("../../support/train_tiny.ts", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--unstable-webgpu", script, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** What must not depend on interruptions: the last weights and moments, and the log but for time. */
async function outcome(path: string) {
  const [last] = await listCheckpoints(path);
  const { tensors } = decodeSafetensors(await Deno.readFile(last.path), last.path);
  const metrics = await readMetrics(path);
  const sha256 = ({ data }: NamedArray) =>
    createHash("sha256").update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest("hex");
  return {
    epoch: last.epoch,
    tensors: [...tensors].map(([name, array]) => `${name} ${sha256(array)}`).sort(),
    metrics: metrics.map(({ seconds: _, images_per_second: __, time: ___, ...rest }) => rest),
  };
}

testOnDevices(
  "a run killed within an epoch and resumed ends as one never broken",
  (device) =>
    inFolder(async (folder) => {
      await trainIn(device, await createRun(folder, "unbroken", {}));
      const expected = await outcome(join(folder, "unbroken"));
      assertEquals(expected.epoch, 3);
      assertEquals(expected.metrics.map(({ step }) => step), [3, 6, 9, 12]);
      assert(
        expected.tensors.some((line) => line.startsWith("objective.1 ")),
        "its own state is saved",
      );

      const path = join(folder, "killed");
      const child = spawn(device.name, path, "6");
      const reader = child.stdout.getReader();
      assertEquals(new TextDecoder().decode((await reader.read()).value), "hanging\n");
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      assertEquals((await listCheckpoints(path)).map(({ epoch }) => epoch), [1]);
      assertEquals((await readMetrics(path)).map(({ step }) => step), [3, 6]);

      const resumed = await spawn(device.name, path).output();
      assert(resumed.success);
      assertEquals(await outcome(path), expected);
    }),
);

testOnDevices(
  "a signal saves within the epoch, and the resumed run ends as one never broken",
  (device) =>
    inFolder(async (folder) => {
      await trainIn(device, await createRun(folder, "unbroken", {}));
      const run = await createRun(folder, "stopped", {});
      // Step 5 is neither at the end of an epoch nor of a line of the log.
      for (const [step, name, code] of [[5, "SIGTERM", 143], [10, "SIGINT", 130]] as const) {
        const controller = new AbortController();
        const error = await assertRejects(
          async () =>
            trainIn(device, step === 5 ? run : await reopenRun(run.path), {
              signal: controller.signal,
              onStep: (done) => done.step === step && controller.abort(name),
            }),
          Interrupted,
          `--resume=${run.path}`,
        );
        assertEquals((error as Interrupted).exitCode, code);
        const [last] = await listCheckpoints(run.path);
        assertEquals([last.epoch, last.stepInEpoch], [Math.floor(step / 4), step % 4]);
      }
      await trainIn(device, await reopenRun(run.path));
      assertEquals(await outcome(run.path), await outcome(join(folder, "unbroken")));
      assertEquals((await listCheckpoints(run.path)).map(({ epoch }) => epoch), [3, 2, 1]);
    }),
);

testOnDevices(
  "a run stopped by maxSteps goes on, and its evaluations are logged once",
  (device) =>
    inFolder(async (folder) => {
      const evaluated: number[] = [];
      const hooks: TrainHooks = {
        onEvaluate: (epoch) => {
          evaluated.push(epoch);
          return Promise.resolve({ top1: 10 * epoch });
        },
      };
      const run = await createRun(folder, "run", {});
      await trainIn(device, run, hooks, { maxSteps: 6, evalEvery: 1 });
      assertEquals((await listCheckpoints(run.path))[0].stepInEpoch, 2);
      await trainIn(device, await reopenRun(run.path), hooks, { evalEvery: 1 });
      assertEquals(evaluated, [1, 2, 3]);
      const { metrics } = await outcome(run.path);
      const top1 = metrics.filter((line) => "top1" in line);
      assertEquals(top1, [1, 2, 3].map((epoch) => ({ epoch, step: 4 * epoch, top1: 10 * epoch })));
      await trainIn(device, await reopenRun(run.path), hooks, { evalEvery: 1 });
      assertEquals(evaluated, [1, 2, 3], "a finished run has nothing left to do");
    }),
);

testOnDevices(
  "an evaluation ended by a signal is done when the run is resumed",
  (device) =>
    inFolder(async (folder) => {
      const controller = new AbortController();
      const run = await createRun(folder, "run", {});
      const options = { evalEvery: 1, epochs: 1 };
      await assertRejects(() =>
        trainIn(device, run, {
          signal: controller.signal,
          onEvaluate: () => {
            controller.abort("SIGINT");
            return Promise.reject(new Error("stopped"));
          },
        }, options), Interrupted);
      const onEvaluate = () => Promise.resolve({ top1: 1 });
      await trainIn(device, await reopenRun(run.path), { onEvaluate }, options);
      const { metrics } = await outcome(run.path);
      assertEquals(metrics.at(-1), { epoch: 1, step: 4, top1: 1 });
    }),
);

testOnDevices(
  "a damaged checkpoint is a DataError that names the one before it",
  (device) =>
    inFolder(async (folder) => {
      const run = await createRun(folder, "run", {});
      await trainIn(device, run, {}, { epochs: 2 });
      const metrics = await readMetrics(run.path);
      const newest = join(run.path, "checkpoint-2.safetensors");
      const bytes = await Deno.readFile(newest);
      const flipped = bytes.slice();
      flipped[bytes.length - 5] ^= 1;
      const text = new TextDecoder("latin1").decode(bytes);
      const at = text.indexOf('"step":"') + 8;
      const counter = bytes.slice();
      counter[at] ^= 1;
      for (
        const damaged of [
          flipped,
          counter,
          bytes.slice(0, -1),
          bytes.slice(0, 99),
          new Uint8Array(),
        ]
      ) {
        await Deno.writeFile(newest, damaged);
        await assertRejects(
          async () => trainIn(device, await reopenRun(run.path)),
          DataError,
          `Delete it to resume from ${join(run.path, "checkpoint-1.safetensors")}.`,
        );
      }
      assertEquals(await readMetrics(run.path), metrics);
      await Deno.remove(newest);
      await trainIn(device, await reopenRun(run.path), {}, { epochs: 2 });
      assertEquals(await Deno.readFile(newest).then(({ length }) => length > 100), true);
    }),
);

testOnDevices(
  "a run is not resumed under another seed, batch or optimizer",
  (device) =>
    inFolder(async (folder) => {
      const run = await createRun(folder, "run", {});
      await trainIn(device, run, {}, { epochs: 1 });
      const resume = (options: Partial<TrainOptions>) => async () =>
        trainIn(device, await reopenRun(run.path), {}, options);
      await assertRejects(resume({ seed: 1 }), UsageError, "seed must stay 0, got 1");
      await assertRejects(resume({ batchSize: 4 }), UsageError, "batchSize must stay 8");
      await assertRejects(
        resume({ optimizer: "sgd" }),
        DataError,
        "it must have optimizer.momentum.",
      );
      await assertRejects(resume({ featureDim: 4 }), DataError, "head.3.kernel, F32 [512,4]");
    }),
);

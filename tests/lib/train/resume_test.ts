import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { Device } from "../../../lib/device/device.ts";
import { DataError, Interrupted, UsageError } from "../../../lib/errors.ts";
import { decodeSafetensors, type NamedArray } from "../../../lib/interop/safetensors.ts";
import { parseMetrics, readMetrics } from "../../../lib/run/metrics.ts";
import {
  createRun,
  listCheckpoints,
  reopenRun,
  type RunFolder,
} from "../../../lib/run/run_folder.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import { encodeCheckpoint, readCheckpoint } from "../../../lib/train/checkpoint.ts";
import { train, type TrainHooks } from "../../../lib/train/train.ts";
import type { TrainOptions } from "../../../lib/train/options.ts";
import { testOnDevices, testOnWasm } from "../../support/devices.ts";
import {
  statefulObjective,
  tinyDataset,
  tinyOptions,
  tinyParts,
} from "../../support/tiny_parts.ts";

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
  "a run stopped by maxSteps is continued, and its evaluations are logged once",
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
  "an evaluation interrupted by a signal is repeated when the run is resumed",
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
  "a damaged checkpoint is set aside, and the run continues from the one before to the same bits",
  (device) =>
    inFolder(async (folder) => {
      const run = await createRun(folder, "run", {});
      await trainIn(device, run, {}, { epochs: 2 });
      const newest = join(run.path, "checkpoint-2.safetensors");
      const bytes = await Deno.readFile(newest);
      const expected = await outcome(run.path);
      const flipped = bytes.slice();
      flipped[bytes.length - 5] ^= 1;
      const text = new TextDecoder("latin1").decode(bytes);
      const counter = bytes.slice();
      counter[text.indexOf('"step":"') + 8] ^= 1;
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
        const said: string[] = [];
        let log: string | undefined;
        const onBegin = (notices: readonly string[]) => void said.push(...notices);
        const onStep = () => {
          log ??= Deno.readTextFileSync(join(run.path, "metrics.jsonl"));
        };
        await trainIn(device, await reopenRun(run.path), { onBegin, onStep }, { epochs: 2 });
        assertEquals(said.length, 1);
        assertStringIncludes(said[0], `${newest} is damaged and set aside`);
        assertStringIncludes(said[0], join(run.path, "checkpoint-1.safetensors"));
        assertEquals(parseMetrics(log ?? "").records.map(({ step }) => step), [3]);
        assertEquals(await Deno.readFile(`${newest}.damaged`), damaged);
        assertEquals(await outcome(run.path), expected);
      }
    }),
);

testOnWasm(
  "a checkpoint that cannot be read, or is not of a whole epoch, is a DataError",
  (device) =>
    inFolder(async (folder) => {
      const run = await createRun(folder, "run", {});
      await trainIn(device, run, {}, { epochs: 2 });
      const before = await contents(run.path);
      const newest = join(run.path, "checkpoint-2.safetensors");
      await Deno.rename(newest, join(folder, "kept"));
      await Deno.mkdir(newest);
      const again = async () => trainIn(device, await reopenRun(run.path));
      await assertRejects(again, DataError, "Cannot read");
      await Deno.remove(newest);
      await Deno.rename(join(folder, "kept"), newest);
      assertEquals(await contents(run.path), before);
      for (const epoch of [1, 2]) {
        await Deno.writeTextFile(join(run.path, `checkpoint-${epoch}.safetensors`), "damaged");
      }
      await assertRejects(again, DataError, "There is no older one that is whole");
      assertEquals((await listCheckpoints(run.path)).length, 2);
    }),
);

/** The files of a folder with their contents. */
async function contents(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of [...Deno.readDirSync(folder)].map(({ name }) => name).sort()) {
    files[name] = createHash("sha256").update(await Deno.readFile(join(folder, name))).digest(
      "hex",
    );
  }
  return files;
}

testOnWasm(
  "a run is resumed on no other data, under no other options, and not to be shorter",
  (device) =>
    inFolder(async (folder) => {
      const run = await createRun(folder, "run", {});
      const options = tinyOptions({ epochs: 2 });
      const named = (names: string[], sizes = "1,2"): Dataset => {
        const { splits: { train }, ...rest } = tinyDataset();
        return { ...rest, splits: { train: { ...train, names, fingerprint: () => sizes } } };
      };
      const names = Array.from({ length: 32 }, (_, i) => `a/${i}.png`);
      const begin = async (
        dataset: Dataset,
        changed: Partial<TrainOptions> = {},
        fixed: Record<string, unknown> = { "objective.tau_plus": 0.1 },
      ) => {
        const opened = await reopenRun(run.path);
        const parts = { ...tinyParts(device), dataset, run: opened, fixed };
        try {
          (await train(parts, { ...options, ...changed })).dispose();
        } finally {
          parts.encoder.model.dispose();
          await opened.close();
        }
      };
      await run.close();
      await begin(named(names));
      const before = await contents(run.path);
      const others: [Dataset, string][] = [
        [tinyDataset(40), "40 examples in train in place of 32"],
        [named(names.with(3, "b/3.png")), "as many examples in train, but other names"],
        [named(names, "1,3"), "as many examples in train, but other contents"],
        [{ ...named(names), shape: [8, 8, 3] }, "shape [8,8,3] in place of [8,8,1]"],
      ];
      const { train: split } = named(names).splits;
      const labels = Int32Array.from(split.labels!).fill(0);
      others.push([{ ...named(names), splits: { train: { ...split, labels } } }, "other labels"]);
      others.push([
        { ...named(names), splits: { train: split, test: split } },
        "32 examples in test in place of 0",
      ]);
      for (const [dataset, words] of others) {
        const error = await assertRejects(
          () => begin(dataset, { epochs: 4 }),
          DataError,
          "Cannot resume",
        );
        assertStringIncludes((error as Error).message, words);
      }
      const edited = { "objective.tau_plus": 0.2 };
      await assertRejects(
        () => begin(named(names), {}, edited),
        UsageError,
        "objective.tau_plus must stay 0.1, got 0.2",
      );
      await assertRejects(
        () => begin(named(names), { epochs: 1 }),
        UsageError,
        "--epochs=1: it has done 2 epochs",
      );
      await assertRejects(
        () => begin(named(names), { maxSteps: 3 }),
        UsageError,
        "--max_steps=3: it has done 8 steps",
      );
      assertEquals(await contents(run.path), before, "a resume that is refused changes nothing");
      // An option that is younger than the checkpoint is its caller's affair.
      await begin(named(names), { epochs: 3 }, { "objective.tau_plus": 0.1, younger: 1 });
      assertEquals((await listCheckpoints(run.path))[0].epoch, 3);
    }),
);

testOnWasm(
  "a checkpoint of an older version is resumed with one notice, and refused with other steps",
  (device) =>
    inFolder(async (folder) => {
      const run = await createRun(folder, "run", {});
      await trainIn(device, run, {}, { epochs: 1 });
      const path = join(run.path, "checkpoint-1.safetensors");
      const { counters, tensors, metadata } = await readCheckpoint(path);
      const { data: _, options: __, schedule: ___, ...older } = metadata;
      await Deno.writeFile(path, encodeCheckpoint({ counters, tensors, metadata: older }));
      const said: string[][] = [];
      const onBegin = (notices: readonly string[]) => void said.push([...notices]);
      for (const epochs of [2, 3]) {
        await trainIn(device, await reopenRun(run.path), { onBegin }, { epochs });
      }
      assertEquals(said.map(({ length }) => length), [1, 0]);
      assertStringIncludes(said[0][0], "is of an older version and does not say on which data");
      // Two epochs of five steps were done: now there are four steps in an epoch.
      const mixed = { ...counters, epoch: 2, stepInEpoch: 1, step: 11 };
      const file = encodeCheckpoint({ counters: mixed, tensors, metadata: older });
      await Deno.writeFile(join(run.path, "checkpoint-9-step-1.safetensors"), file);
      await assertRejects(
        async () => trainIn(device, await reopenRun(run.path), {}, { epochs: 9 }),
        DataError,
        "4 steps in an epoch in place of 5",
      );
    }),
);

testOnWasm(
  "a jump of the learning rate is noticed, and rewarmEpochs changes it step by step",
  (device) =>
    inFolder(async (folder) => {
      const options = { epochs: 2, schedule: "cosine", learningRate: 0.01, logEvery: 1 } as const;
      const rates = async (path: string) =>
        (await readMetrics(path)).map(({ learning_rate: rate }) => Number(rate));
      const resumed = async (name: string, more: Partial<TrainOptions>) => {
        const run = await createRun(folder, name, {});
        await trainIn(device, run, {}, options);
        const said: string[] = [];
        const onBegin = (notices: readonly string[]) => void said.push(...notices);
        await trainIn(device, await reopenRun(run.path), { onBegin }, { ...options, ...more });
        return { path: run.path, said, rates: await rates(run.path) };
      };
      const leap = await resumed("leap", { epochs: 4 });
      const [last, next] = leap.rates.slice(7, 9);
      assert(next > 10 * last);
      assertStringIncludes(
        leap.said[0],
        `leaps from ${last.toPrecision(3)} to ${next.toPrecision(3)}`,
      );
      assertStringIncludes(leap.said[0], "--rewarm_epochs=1");
      const slow = await resumed("slow", { epochs: 4, rewarmEpochs: 1 });
      assertEquals(slow.rates[7], last);
      // A quarter of the way each step of the epoch, then the schedule itself.
      for (let i = 0; i < 8; i++) {
        const share = Math.min((i + 1) / 4, 1);
        assertAlmostEquals(slow.rates[8 + i], last + (leap.rates[8 + i] - last) * share, 1e-12);
      }
      assertStringIncludes(slow.said[0], "over the next 4 steps");
      // Stopped on the way and resumed plainly, it is the same run.
      const run = await createRun(folder, "stopped", {});
      await trainIn(device, run, {}, options);
      const controller = new AbortController();
      const stop = {
        signal: controller.signal,
        onStep: ({ step }: { step: number }) => step === 10 && controller.abort("SIGINT"),
      };
      const longer = { ...options, epochs: 4, rewarmEpochs: 1 };
      await assertRejects(
        async () => trainIn(device, await reopenRun(run.path), stop, longer),
        Interrupted,
      );
      const said: string[] = [];
      const onBegin = (notices: readonly string[]) => void said.push(...notices);
      await trainIn(device, await reopenRun(run.path), { onBegin }, longer);
      assertEquals(said, []);
      assertEquals(await outcome(run.path), await outcome(slow.path));
      // Where nothing leaps, nothing is said.
      assertEquals((await resumed("same", {})).said, []);
      assertEquals((await resumed("ended", { epochs: 2, rewarmEpochs: 1 })).said, []);
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

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { basename } from "node:path";
import * as tf from "@tensorflow/tfjs";
import {
  DataError,
  DeviceError,
  Interrupted,
  PluginError,
  TrainingError,
  UsageError,
} from "../../../lib/errors.ts";
import { guard } from "../../../lib/guard.ts";
import type { Objective } from "../../../lib/plugin.ts";
import { createRun, listCheckpoints, reopenRun } from "../../../lib/run/run_folder.ts";
import { readVerified } from "../../../lib/train/checkpoint.ts";
import type { LogRecord } from "../../../lib/train/log_record.ts";
import type { TrainOptions } from "../../../lib/train/options.ts";
import { encoderWeights } from "../../../lib/train/network.ts";
import { assignVariables, readVariables } from "../../../lib/train/variable_arrays.ts";
import { train, type TrainHooks, type TrainStep } from "../../../lib/train/train.ts";
import { testOnDevices } from "../../support/devices.ts";
import { tinyDataset, tinyObjective, tinyOptions, tinyParts } from "../../support/tiny_parts.ts";

for (const microBatch of [0, 4]) {
  const how = microBatch ? "in pieces" : "whole";
  testOnDevices(`training ${how} lowers the loss and keeps no tensors`, async (device) => {
    const parts = tinyParts(device);
    const tensors: number[] = [];
    const steps: TrainStep[] = [];
    const before = tf.memory().numTensors;
    const trained = await train(parts, tinyOptions({ epochs: 2, logEvery: 4, microBatch }), {
      onStep: (step) => {
        steps.push(step);
        tensors.push(tf.memory().numTensors);
      },
    });
    assertEquals([trained.epoch, trained.step], [2, 8]);
    // Steps 4 and 8 hold what is measured of them.
    const [first, , , logged] = tensors;
    assertEquals(tensors, [first, first, first, logged, first, first, first, logged]);
    const losses = steps.flatMap(({ record }) => record ? [record.loss] : []);
    assert(losses.at(-1)! < losses[0] - 0.1, `losses ${losses}`);
    trained.dispose();
    assertEquals(tf.memory().numTensors, before);
    parts.encoder.model.dispose();
  });
}

testOnDevices(
  "a line of the log has the mean loss, the rate, the false negatives and the embeddings",
  async (device) => {
    const records: unknown[] = [];
    const losses: number[] = [];
    const options = { epochs: 1, weightDecay: 0, schedule: "cosine" as const };
    const diagnostics: Objective["diagnostics"] = ({ views }) => ({
      norm: views[0].norm().asScalar(),
    });
    for (const logEvery of [1, 3]) {
      const parts = tinyParts(device);
      const objective = { ...parts.objective, diagnostics };
      const trained = await train({ ...parts, objective }, tinyOptions({ ...options, logEvery }), {
        onStep: ({ record }) => {
          if (record && logEvery === 1) losses.push(record.loss);
          if (record && logEvery === 3) records.push(record);
        },
      });
      trained.dispose();
      parts.encoder.model.dispose();
    }
    // 4 steps: lines at step 3, and at the last.
    const [third, last] = records as Record<string, number>[];
    assertEquals([third.epoch, third.step, last.step], [1, 3, 4]);
    assertAlmostEquals(third.loss, (losses[0] + losses[1] + losses[2]) / 3, 1e-6);
    assertAlmostEquals(last.loss, losses[3], 1e-6);
    assertAlmostEquals(third.learning_rate, 0.01 * 0.5 * (1 + Math.cos(Math.PI / 2)), 1e-12);
    assertAlmostEquals(third.norm, Math.sqrt(8), 1e-4);
    assert(third.false_negative_rate >= 0 && third.false_negative_rate <= 1);
    assert(third.alignment > 0 && third.alignment < 2, `alignment ${third.alignment}`);
    assert(third.uniformity < 0 && third.uniformity > -4, `uniformity ${third.uniformity}`);
    assert(third.rankme > 1 && third.rankme <= 8, `rank ${third.rankme}`);
    assert(third.images_per_second > 0 && last.seconds >= third.seconds);
  },
);

testOnDevices(
  "a loss that is no number stops the run, names the batch, keeps the good checkpoint",
  async (device) => {
    const folder = await Deno.makeTempDir();
    const run = await createRun(folder, "run", {});
    const parts = tinyParts(device);
    let calls = 0;
    const objective: Objective = {
      loss: (input) => parts.objective.loss(input).mul<tf.Scalar>(++calls === 6 ? NaN : 1),
    };
    const error = await assertRejects(
      () => train({ ...parts, objective, run }, tinyOptions({ epochs: 3 })),
      TrainingError,
      "in epoch 2 at step 6 (examples ",
    );
    const { epoch, step, indices } = JSON.parse(
      await Deno.readTextFile(`${run.path}/bad-batch.json`),
    );
    assertEquals([epoch, step, indices.length], [2, 6, 8]);
    assert(error.message.includes(`(examples ${indices.slice(0, 5).join(", ")} …)`));
    assertStringIncludes(error.message, "checkpoint-1.safetensors is from before: continue");
    assertEquals((await listCheckpoints(run.path)).map(({ epoch }) => epoch), [1]);
    await run.close();
    await Deno.remove(folder, { recursive: true });
  },
);

testOnDevices("a weight that is no number is not saved", async (device) => {
  const folder = await Deno.makeTempDir();
  const run = await createRun(folder, "run", {});
  const parts = tinyParts(device);
  const objective: Objective = {
    ...parts.objective,
    afterStep: () =>
      tf.tidy(() =>
        parts.encoder.model.setWeights(
          parts.encoder.model.getWeights().map((weight) => weight.mul(Infinity)),
        )
      ),
  };
  const { message } = await assertRejects(
    () => train({ ...parts, objective, run }, tinyOptions({ maxSteps: 1 })),
    TrainingError,
    "every weight must be a finite number, but encoder.conv1.kernel has at",
  );
  assertStringIncludes(message, "there is no checkpoint from before");
  assertEquals(await listCheckpoints(run.path), []);
  await run.close();
  await Deno.remove(folder, { recursive: true });
});

testOnDevices("plugins that break their interface are named", async (device) => {
  const good = tinyObjective(device);
  const kept: tf.Tensor[] = [];
  const LATE = 5;
  let steps = 0;
  const wrong: [string, Partial<Objective>][] = [
    ["Cannot use the objective mine: its loss of finite embeddings must be finite, got NaN", {
      loss: (input) => good.loss(input).mul(NaN),
    }],
    ["Cannot use the objective mine: its loss must be a scalar tensor", { loss: () => [][0]! }],
    ["Cannot use the objective mine: no step may keep more tensors", {
      loss: (input) => {
        kept.push(tf.keep(tf.zeros([1])));
        return good.loss(input);
      },
    }],
    ["Cannot use the objective mine: no step may keep more tensors", {
      afterStep: () => void kept.push(tf.keep(tf.zeros([1]))),
    }],
    ["Cannot use the objective mine: no step may keep more tensors", {
      // A leak that begins late, as of a queue that is full.
      afterStep: ({ views }) => {
        if (++steps % LATE === 0) kept.push(views[0].clone());
      },
    }],
    ["The objective mine threw in afterStep(): full.", {
      afterStep: () => {
        throw new Error("full");
      },
    }],
    ["The objective mine threw in diagnostics(): none.", {
      diagnostics: () => {
        throw new Error("none");
      },
    }],
    ["Cannot use the objective mine: its diagnostic rows must be a scalar tensor", {
      diagnostics: ({ views }) => ({ rows: views[0].sum(1) as tf.Tensor as tf.Scalar }),
    }],
  ];
  for (const [message, part] of wrong) {
    const parts = tinyParts(device);
    const error = await assertRejects(
      () =>
        train(
          {
            ...parts,
            objective: guard({ kind: "objective", name: "mine" }, { ...good, ...part }),
          },
          tinyOptions(),
        ),
      PluginError,
    );
    assert(error.message.startsWith(message), error.message);
    parts.encoder.model.dispose();
  }
  tf.dispose(kept);
});

testOnDevices("a lack of memory advises smaller pieces", async (device) => {
  const parts = tinyParts(device);
  const objective: Objective = {
    loss: () => {
      throw new RangeError("Array buffer allocation failed");
    },
  };
  const error: Error = await assertRejects(
    () => train({ ...parts, objective }, tinyOptions()),
    DeviceError,
    "--micro_batch=32",
  );
  assertEquals(error.message.match(/Cannot train/g)?.length, 1);
});

testOnDevices("a batch larger than the dataset is a UsageError", async (device) => {
  const parts = { ...tinyParts(device), dataset: tinyDataset(7) };
  await assertRejects(
    () => train(parts, tinyOptions()),
    UsageError,
    "--batch_size must be at most the 7 examples of the dataset, got 8",
  );
});

testOnDevices("a training that ends in an error keeps no tensors", async (device) => {
  const parts = tinyParts(device);
  const before = tf.memory().numTensors;
  const fails = (): never => {
    throw new Error("no memory");
  };
  for (const microBatch of [0, 4]) {
    for (const broken of [{ loss: fails }, { afterStep: fails }, { diagnostics: fails }]) {
      const objective = guard({ kind: "objective", name: "mine" }, {
        ...parts.objective,
        ...broken,
      });
      const training = () => train({ ...parts, objective }, tinyOptions({ microBatch }));
      await assertRejects(training, PluginError, "no memory");
      assertEquals(tf.memory().numTensors, before, `${Object.keys(broken)}, ${microBatch}`);
    }
  }
  parts.encoder.model.dispose();
});

testOnDevices("an error of a dataset ends the run unchanged", async (device) => {
  const parts = tinyParts(device);
  const dataset = tinyDataset();
  const broken = new DataError({
    act: "read image 3",
    rule: "it must be whole",
    next: "Fetch it again.",
  });
  const split = { ...dataset.splits.train, read: () => Promise.reject(broken) };
  await assertRejects(
    () => train({ ...parts, dataset: { ...dataset, splits: { train: split } } }, tinyOptions()),
    DataError,
    "Cannot read image 3",
  );
});

testOnDevices(
  "an encoder of one size refuses views of another before the first step",
  async (device) => {
    const parts = tinyParts(device);
    const encoder = guard({ kind: "encoder", name: "own" }, { ...parts.encoder, anySize: false });
    const views = { ...parts.views, cropSize: 6 };
    const { message } = await assertRejects(
      () => train({ ...parts, encoder, views }, tinyOptions()),
      UsageError,
    );
    assertEquals(
      message,
      "Cannot train the encoder own: it takes images of one size, and so --crop_size must be the " +
        "dataset's 8×8, got 6. Set --crop_size, or choose an encoder that takes any size.",
    );
    (await train({ ...parts, encoder }, tinyOptions({ maxSteps: 1 }))).dispose();
    encoder.model.dispose();
  },
);

testOnDevices("seconds and images per second are those of the steps alone", async (device) => {
  const folder = await Deno.makeTempDir();
  const parts = tinyParts(device);
  let now = 0;
  const slow = <T>(act: () => T): T => {
    now += 1_000_000;
    return act();
  };
  // A step takes half a second; all else takes a thousand.
  const objective: Objective = {
    loss: (input) => {
      now += 500;
      return parts.objective.loss(input);
    },
  };
  const run = await createRun(folder, "run", {});
  const saveCheckpoint = run.saveCheckpoint.bind(run);
  run.saveCheckpoint = (...checkpoint) => slow(() => saveCheckpoint(...checkpoint));
  let tuned = 0;
  const tune = () => slow(() => Promise.resolve(void tuned++));
  const records: (LogRecord | undefined)[] = [];
  const trained = await train(
    { ...parts, objective, run, device: { ...device, tune }, clock: () => now },
    tinyOptions({ epochs: 3, evalEvery: 1, saveEvery: 2, logEvery: 1 }),
    {
      onStep: ({ record }) => records.push(record),
      onEvaluate: () => slow(() => Promise.resolve({ top1: 1 })),
    },
  );
  assertEquals(tuned, 11);
  assertEquals(records.map((record) => record?.seconds), records.map((_, i) => 0.5 * (i + 1)));
  assertEquals(new Set(records.map((record) => record?.images_per_second)), new Set([16]));
  const { metadata } = await readVerified((await listCheckpoints(run.path))[0].path);
  assertEquals(Number(metadata.seconds), 6);
  trained.dispose();
  parts.encoder.model.dispose();
  await run.close();
  await Deno.remove(folder, { recursive: true });
});

testOnDevices(
  "a run is saved by time, keeps the newest two, and ends with the same bits",
  async (device) => {
    const folder = await Deno.makeTempDir();
    const files = async (name: string) =>
      (await listCheckpoints(`${folder}/${name}`)).map(({ path }) =>
        basename(path, ".safetensors")
      );
    const tensorsOf = async (name: string) => {
      const [{ path }] = await listCheckpoints(`${folder}/${name}`);
      return [...(await readVerified(path)).tensors];
    };
    const trainIn = async (
      name: string,
      options: Partial<TrainOptions>,
      hooks: TrainHooks = {},
    ) => {
      const parts = tinyParts(device);
      const made = await Deno.stat(`${folder}/${name}`).catch(() => undefined);
      const run = made ? await reopenRun(`${folder}/${name}`) : await createRun(folder, name, {});
      let now = 0;
      try {
        // A minute for each look at the clock.
        const clock = () => now += 60_000;
        const trained = await train(
          { ...parts, run, clock },
          tinyOptions({ epochs: 3, saveEvery: 2, ...options }),
          hooks,
        );
        trained.dispose();
      } finally {
        parts.encoder.model.dispose();
        await run.close();
      }
    };
    await trainIn("never", { saveMinutes: 0 });
    assertEquals(await files("never"), ["checkpoint-3", "checkpoint-2"]);
    const stop = new AbortController();
    const seen: string[][] = [];
    const requeue = await assertRejects(() =>
      trainIn("timed", { saveMinutes: 1 }, {
        onStep: ({ step }) => {
          seen.push(
            [...Deno.readDirSync(`${folder}/timed`)].map(({ name }) => name)
              .filter((name) => name.startsWith("checkpoint")).sort(),
          );
          if (step === 7) stop.abort(new Error("SIGUSR1"));
        },
        signal: stop.signal,
      }), Interrupted);
    assertEquals((requeue as Interrupted).exitCode, 75);
    const named = (...places: string[]) => places.map((place) => `checkpoint-${place}.safetensors`);
    assertEquals(seen, [
      [],
      named("0-step-1"),
      named("0-step-1", "0-step-2"),
      named("0-step-2", "0-step-3"),
      named("0-step-3", "1-step-0"),
      named("1-step-0", "1-step-1"),
      named("1-step-1", "1-step-2"),
    ]);
    assertEquals(await files("timed"), ["checkpoint-1-step-3", "checkpoint-1-step-2"]);
    await Deno.remove(`${folder}/timed/checkpoint-1-step-3.safetensors`);
    await trainIn("timed", { saveMinutes: 1 });
    assertEquals(await files("timed"), await files("never"));
    assertEquals(await tensorsOf("timed"), await tensorsOf("never"));
    const saved = new Set<string>();
    let steps = 0;
    await trainIn("seldom", { saveEvery: 0, saveMinutes: 10 }, {
      onStep: () => {
        steps++;
        for (const { name } of Deno.readDirSync(`${folder}/seldom`)) {
          if (name.startsWith("checkpoint")) saved.add(name);
        }
      },
    });
    assert(saved.size > 0 && saved.size <= steps / 3, `${saved.size} saves in ${steps} steps`);
    await Deno.remove(folder, { recursive: true });
  },
);

testOnDevices(
  "a read that never ends is ended by a signal, and the run is saved",
  async (device) => {
    const folder = await Deno.makeTempDir();
    const parts = tinyParts(device);
    const { train: split } = parts.dataset.splits;
    const stop = new AbortController();
    let reads = 0;
    const read: typeof split.read = (indices) => {
      if (++reads < 3) return split.read(indices);
      setTimeout(() => stop.abort(new Error("SIGHUP")), 20);
      return new Promise(() => {});
    };
    const run = await createRun(folder, "run", {});
    const dataset = { ...parts.dataset, splits: { train: { ...split, read } } };
    const error = await assertRejects(
      () => train({ ...parts, dataset, run }, tinyOptions(), { signal: stop.signal }),
      Interrupted,
      "Stopped by SIGHUP in epoch 1, step 2 of 8, saved.",
    );
    assertEquals((error as Interrupted).exitCode, 129);
    assertEquals((await listCheckpoints(run.path)).map(({ stepInEpoch }) => stepInEpoch), [2]);
    parts.encoder.model.dispose();
    await run.close();
    await Deno.remove(folder, { recursive: true });
  },
);

testOnDevices(
  "a device that is lost is a DeviceError that names the checkpoint",
  async (device) => {
    const folder = await Deno.makeTempDir();
    const parts = tinyParts(device);
    const run = await createRun(folder, "run", {});
    let calls = 0;
    const objective = guard<Objective>({ kind: "objective", name: "mine" }, {
      loss: (input) => {
        if (++calls === 6) throw new Error("Buffer with '' label is invalid");
        return parts.objective.loss(input);
      },
    });
    const error = await assertRejects(
      () => train({ ...parts, objective, run }, tinyOptions()),
      DeviceError,
      `from ${run.path}/checkpoint-1.safetensors with --resume=${run.path}.`,
    );
    assertEquals((error as DeviceError).exitCode, 4);
    parts.encoder.model.dispose();
    await run.close();
    await Deno.remove(folder, { recursive: true });
  },
);

testOnDevices(
  "a weight that is no number is not loaded, and nothing is assigned",
  async (device) => {
    const { model } = tinyParts(device).encoder;
    const weights = encoderWeights(model);
    const arrays = await readVariables(weights);
    const [first] = arrays.values();
    const last = [...arrays.values()].at(-1)!;
    first.data[0] = 5;
    last.data[0] = NaN;
    const before = [...await [...weights.values()][0].data()];
    assertThrows(
      () => assignVariables(weights, arrays, "a.pth"),
      DataError,
      "Cannot load a.pth: every",
    );
    assertEquals([...await [...weights.values()][0].data()], before);
    model.dispose();
  },
);

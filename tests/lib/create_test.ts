import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { applyEncoder } from "../../lib/apply_encoder.ts";
import { create } from "../../lib/create.ts";
import { DataError, DeviceError, Interrupted, PluginError } from "../../lib/errors.ts";
import { called, nameOf } from "../../lib/guard.ts";
import { outOfMemory } from "../../lib/device/failure.ts";
import {
  type BaseEnv,
  type Dataset,
  defineDataset,
  defineEncoder,
  defineObjective,
  defineProbe,
  type Encoder,
  type Env,
  type Kind,
  type Objective,
  type Probe,
} from "../../lib/plugin.ts";
import { rng } from "../../lib/random.ts";

const base: BaseEnv = {
  seed: 0,
  cache: "",
  progress: () => {},
  signal: new AbortController().signal,
};
const env: Env = { ...base, tf, inputShape: [2, 2, 1], classes: [] };
const text = { name: "mine", summary: "A test's", options: z.strictObject({}) };
const dataset: Dataset = {
  classes: [],
  shape: [2, 2, 1],
  mean: [0],
  std: [1],
  splits: { train: { length: 1, read: () => new Uint8Array(4) } },
};

const makeDataset = (product: Dataset, signal = base.signal) =>
  create(defineDataset({ ...text, create: () => product }), {}, { ...base, signal });
const makeEncoder = (product: Encoder) =>
  create(defineEncoder({ ...text, create: () => product }), {}, env);
const makeObjective = (product: Objective) =>
  create(defineObjective({ ...text, create: () => product }), {}, env);
const makeProbe = (product: Probe) =>
  create(defineProbe({ ...text, create: () => product }), {}, env);

const boom = (): never => {
  throw new TypeError("boom.\nand more");
};
const rejects = () => Promise.reject(new TypeError("boom"));

Deno.test("a plugin that throws is named, with its function, in one way", async () => {
  const x = tf.zeros([1, 2, 2, 1]);
  const z = tf.zeros<tf.Rank.R2>([2, 2]);
  const [indices, random] = [[0], () => rng(0)];
  class Broken extends tf.layers.Layer {
    static className = "Broken";
    override computeOutputShape(): number[] {
      return [1, 3];
    }
    override call(_: tf.Tensor[], { training }: { training?: boolean }): tf.Tensor {
      return training === undefined ? tf.zeros([1, 3]) : boom();
    }
  }
  const input = tf.input({ shape: [2, 2, 1] });
  const output = new Broken().apply(input) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: output });
  const features = { features: z, labels: new Int32Array(2) };
  const split = { length: 1, read: boom };
  const cases: [Kind, string, () => unknown][] = [
    ["dataset", "create()", () => create(defineDataset({ ...text, create: boom }), {}, base)],
    ["dataset", "create()", () => create(defineDataset({ ...text, create: rejects }), {}, base)],
    [
      "dataset",
      "views()",
      async () => (await makeDataset({ ...dataset, views: boom })).views!(indices, random),
    ],
    [
      "dataset",
      "views()",
      async () => await (await makeDataset({ ...dataset, views: rejects })).views!(indices, random),
    ],
    ["dataset", "close()", async () => (await makeDataset({ ...dataset, close: boom })).close!()],
    [
      "dataset",
      "read()",
      async () =>
        (await makeDataset({ ...dataset, splits: { train: split } })).splits.train.read(indices),
    ],
    ["dataset", "read()", async () => {
      const { splits } = await makeDataset({
        ...dataset,
        splits: { train: { length: 1, read: rejects } },
      });
      await splits.train.read(indices);
    }],
    ["dataset", "labels", async () => {
      const labels = Object.defineProperty({ ...dataset.splits.train }, "labels", { get: boom });
      await makeDataset({ ...dataset, splits: { train: labels } });
    }],
    ["encoder", "create()", () => create(defineEncoder({ ...text, create: boom }), {}, env)],
    [
      "encoder",
      "model.apply()",
      async () => applyEncoder(await makeEncoder({ model, dim: 3, anySize: false }), x, true),
    ],
    ["objective", "create()", () => create(defineObjective({ ...text, create: boom }), {}, env)],
    ["objective", "loss()", async () => (await makeObjective({ loss: boom })).loss({ views: [] })],
    [
      "objective",
      "diagnostics()",
      async () =>
        (await makeObjective({ loss: boom, diagnostics: boom })).diagnostics!({ views: [] }),
    ],
    [
      "objective",
      "afterStep()",
      async () => (await makeObjective({ loss: boom, afterStep: boom })).afterStep!({ views: [] }),
    ],
    ["probe", "create()", () => create(defineProbe({ ...text, create: boom }), {}, env)],
    [
      "probe",
      "evaluate()",
      async () =>
        await (await makeProbe({ evaluate: rejects })).evaluate({
          train: features,
          test: features,
        }),
    ],
  ];
  for (const [kind, where, act] of cases) {
    const error = await assertRejects(async () => await act(), PluginError);
    assertEquals(
      error.message,
      `The ${kind} mine threw in ${where}: boom. The plugin is at fault; --verbose shows where.`,
    );
    assertEquals([error.exitCode, (error.cause as Error).name], [6, "TypeError"]);
  }
  tf.dispose([x, z]);
  model.dispose();
});

Deno.test("a guarded product of a class has its fields, methods and state, and no more", async () => {
  class Queue implements Objective {
    #seen = 0;
    readonly unitRows = false;
    variables: tf.Variable[] = [];
    get views(): number {
      return 2 + this.#seen;
    }
    loss(): tf.Scalar {
      return tf.scalar(this.#seen);
    }
    afterStep(): void {
      this.#seen++;
    }
  }
  const product = new Queue();
  const objective = await makeObjective(product);
  objective.afterStep!({ views: [] });
  product.variables = [tf.variable(tf.scalar(1))];
  const loss = objective.loss({ views: [] });
  assertEquals([...await loss.data()], [1]);
  assertEquals([objective.unitRows, objective.views], [false, 3]);
  assertStrictEquals(objective.variables![0], product.variables[0]);
  assert(!("diagnostics" in objective));
  // What a library user adds to is still known by its name.
  const more: Objective = { ...objective, views: 4 };
  assertEquals([more.views, called("objective", more), nameOf(product)], [
    4,
    "objective mine",
    undefined,
  ]);
  tf.dispose([loss, product.variables]);
});

Deno.test("a split has a name for each example, or none", async () => {
  const { splits: { train } } = dataset;
  const named = (names: string[]) =>
    makeDataset({ ...dataset, splits: { train: { ...train, names } } });
  const names = Array.from({ length: train.length }, (_, i) => `${i}.png`);
  assertEquals((await named(names)).splits.train.names, names);
  const error = await assertRejects(() => named([...names, "more.png"]), PluginError);
  assertStringIncludes(
    (error as Error).message,
    `a name for each example, got ${names.length + 1}`,
  );
});

Deno.test("the splits of a guarded dataset still change with the original", async () => {
  const train = { length: 2, labels: Int32Array.of(-1, -1), bytes: new Uint8Array(8), read: boom };
  const made = await makeDataset({ ...dataset, splits: { train } });
  assertStrictEquals(made.splits.train, made.splits.train);
  assertStrictEquals(made.splits.train.bytes, train.bytes);
  train.labels = Int32Array.of(0, 0);
  assertStrictEquals(made.splits.train.labels, train.labels);
  assertEquals(Object.keys(made.splits.train), Object.keys(train));
});

Deno.test("errors of tauplus, interruptions and what follows a signal pass as they are", async () => {
  const controller = new AbortController();
  const errors = [
    new DataError({ act: "read", rule: "it must be whole", next: "Fetch it." }),
    new Interrupted("SIGINT", "Stopped."),
    new RangeError("after the signal"),
  ];
  for (const error of errors) {
    const read = () => {
      throw error;
    };
    const splits = { train: { length: 1, read } };
    const { splits: { train } } = await makeDataset({ ...dataset, splits }, controller.signal);
    if (error instanceof RangeError) controller.abort();
    const thrown = await assertRejects(async () => await train.read([0]));
    assertStrictEquals(thrown, error);
  }
});

Deno.test("a lack of memory, in any device's words, advises smaller pieces once", async () => {
  const words = [
    new RangeError("Array buffer allocation failed"),
    new WebAssembly.RuntimeError("memory access out of bounds"),
    new Error("Aborted(OOM)"),
    new WebAssembly.RuntimeError("Aborted(). Build with -sASSERTIONS for more info."),
    new DeviceError({
      act: "continue on the webgpu device",
      rule: "every shader must run",
      got: "Not enough memory left. Out of memory",
      next: "Update the driver.",
    }),
  ];
  for (const cause of words) {
    const advised = outOfMemory(cause);
    assertEquals(advised?.message.match(/--micro_batch=32/g)?.length, 1, cause.message);
    assertEquals(outOfMemory(advised), advised);
    const loss = () => {
      throw cause;
    };
    const objective = await makeObjective({ loss });
    await assertRejects(async () => await objective.loss({ views: [] }), DeviceError);
  }
  assertEquals(outOfMemory(new Error("the room is full")), undefined);
  assertEquals(outOfMemory("out of memory"), undefined);
});

Deno.test("a lost device is the device's failure, whatever plugin was at work", async () => {
  const lost = (): never => {
    throw new Error("Buffer with '' label is invalid");
  };
  const [dataset_, objective, probe, plain] = [
    await makeDataset({ ...dataset, splits: { train: { length: 1, read: lost } } }),
    await makeObjective({ loss: lost }),
    await makeProbe({ evaluate: () => Promise.reject(new Error("The device was lost.")) }),
    { ...text, create: lost },
  ];
  const features = { features: tf.zeros<tf.Rank.R2>([1, 1]), labels: new Int32Array(1) };
  const acts: (() => unknown)[] = [
    () => dataset_.splits.train.read([0]),
    () => objective.loss({ views: [] }),
    () => probe.evaluate({ train: features, test: features }),
    () => create(defineEncoder(plain), {}, env),
  ];
  for (const act of acts) {
    const error = await assertRejects(async () => await act(), DeviceError, "must not be lost");
    assertEquals(error.exitCode, 4);
  }
  features.features.dispose();
});

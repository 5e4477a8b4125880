import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { Device } from "../../../lib/device/device.ts";
import { PluginError } from "../../../lib/errors.ts";
import { guard } from "../../../lib/guard.ts";
import { projectionHead } from "../../../lib/nn/projection_head.ts";
import type { Encoder, Objective } from "../../../lib/plugin.ts";
import type { Batch } from "../../../lib/train/batches.ts";
import { batchGradients } from "../../../lib/train/gradients.ts";
import { type Network, networkParameters, networkWeights } from "../../../lib/train/network.ts";
import { makeBatches } from "../../../lib/train/batches.ts";
import { testOnDevices } from "../../support/devices.ts";
import { statefulObjective, tinyEncoder, tinyParts } from "../../support/tiny_parts.ts";

/** An encoder and a head without batch norm. */
function plainNetwork(): Network {
  const glorot = (seed: number) => tf.initializers.glorotNormal({ seed });
  const encoder = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [8, 8, 1], name: "flat" }),
      tf.layers.dense({ units: 6, activation: "tanh", kernelInitializer: glorot(1), name: "one" }),
    ],
  });
  const head = tf.sequential({
    layers: [
      tf.layers.dense({ units: 8, inputShape: [6], kernelInitializer: glorot(2), name: "head.0" }),
    ],
  });
  return { encoder: { model: encoder, dim: 6, anySize: false }, head, unitRows: true };
}

/** Lets the device keep what it keeps of the dataset from its first views. */
function embedOnce({ encoder }: Network, batch: Batch): void {
  tf.tidy(() => batch.views(0, 2).forEach((view) => encoder.model.apply(view)));
}

async function firstBatch(device: Device): Promise<Batch> {
  const batches = makeBatches({ ...tinyParts(device), viewCount: 2, seed: 0, batchSize: 10 });
  const batch = await batches.read(0, 0);
  batches.close();
  return batch;
}

function free({ encoder, head }: Network, objective?: Objective): void {
  encoder.model.dispose();
  head.dispose();
  tf.dispose([...objective?.variables ?? []]);
}

testOnDevices("the gradient in pieces is that of the whole batch", async (device) => {
  const network = plainNetwork();
  const objective = statefulObjective(device);
  const batch = await firstBatch(device);
  const gradients = async (microBatch: number) => {
    const tensors = tf.memory().numTensors;
    const { loss, grads, input } = batchGradients(
      network,
      objective,
      batch,
      microBatch,
    );
    const values = [
      await loss.data(),
      await input.views[1].data(),
      ...await Promise.all(
        [...networkParameters(network).values(), objective.variables![0]]
          .map(({ name }) => grads[name].data()),
      ),
    ];
    tf.dispose([loss, grads, ...input.views, input.labels]);
    assertEquals(tf.memory().numTensors, tensors, "tensors kept");
    return values;
  };
  const whole = await gradients(0);
  assertEquals(whole.length, 2 + 4 + 1);
  for (const values of whole) assert(values.some((value) => Math.abs(value) > 1e-3));
  for (const microBatch of [1, 3, 5, 9, 10, 99]) {
    const pieces = await gradients(microBatch);
    pieces.forEach((values, i) =>
      values.forEach((value, j) => assertAlmostEquals(value, whole[i][j], 1e-6))
    );
  }
  free(network, objective);
});

testOnDevices("in pieces, running statistics move once per piece and view", async (device) => {
  const batch = await firstBatch(device);
  const objective = statefulObjective(device);
  const network = {
    encoder: tinyEncoder(),
    head: projectionHead(8, 8, 0),
    unitRows: true,
  };
  const variance = networkWeights(network).get("encoder.bn1.moving_variance")!;
  const [before] = await variance.data();
  const { loss, grads, input } = batchGradients(
    network,
    objective,
    batch,
    5,
  );
  // 2 views of 2 pieces: what is left of the first value is 0.9⁴ of it.
  const [after] = await variance.data();
  const moved = (after - before * 0.9 ** 4) / (1 - 0.9 ** 4);
  const pieces: number[] = [];
  for (const half of [0, 1]) {
    for (const view of [0, 1]) {
      variance.assign(tf.tidy(() => tf.zerosLike(variance)));
      tf.tidy(() => {
        const x = batch.views(5 * half, 5 * half + 5)[view];
        network.encoder.model.apply(x, { training: true });
      });
      pieces.push((await variance.data())[0] / 0.1);
    }
  }
  const expected = pieces.reduce((sum, v, i) => sum + 0.1 * v * 0.9 ** (3 - i), 0) / (1 - 0.9 ** 4);
  assertAlmostEquals(moved, expected, 1e-5);
  tf.dispose([loss, grads, ...input.views, input.labels]);
  free(network, objective);
});

testOnDevices("rows of zeros embed as zeros, with a finite gradient", async (device) => {
  const network = plainNetwork();
  for (const weight of networkWeights(network).values()) {
    weight.assign(tf.tidy(() => tf.zerosLike(weight)));
  }
  const objective = statefulObjective(device);
  const batch = await firstBatch(device);
  const { loss, grads, input } = batchGradients(network, objective, batch);
  assertEquals(new Set(await input.views[0].data()), new Set([0]));
  for (const grad of Object.values(grads)) assert((await grad.data()).every(Number.isFinite));
  tf.dispose([loss, grads, ...input.views, input.labels]);
  free(network, objective);
});

testOnDevices("rows keep their length where the objective asks for that", async (device) => {
  const network = { ...plainNetwork(), unitRows: false };
  const objective = statefulObjective(device);
  const batch = await firstBatch(device);
  const { loss, grads, input } = batchGradients(network, objective, batch);
  const lengths = tf.tidy(() => input.views[0].square().sum(1).sqrt());
  assert((await lengths.data()).some((length) => Math.abs(length - 1) > 0.01));
  tf.dispose([loss, grads, ...input.views, input.labels, lengths]);
  free(network, objective);
});

testOnDevices(
  "an objective that breaks its interface is a PluginError with its name",
  async (device) => {
    const network = plainNetwork();
    const batch = await firstBatch(device);
    embedOnce(network, batch);
    const tensors = tf.memory().numTensors;
    const wrong: [string, (view: tf.Tensor2D) => unknown][] = [
      ["threw in loss(): boom. ", () => {
        throw new Error("boom");
      }],
      ['scalar tensor of float32, got "float32 [10]"', (view) => view.sum(1)],
      ["scalar tensor of float32, got 3", () => 3],
      ['scalar tensor of float32, got "int32 []"', (view) => view.sum().toInt()],
      ["scalar tensor of float32, got [object Promise]", (view) => Promise.resolve(view.sum())],
      ["its loss must depend on the views", () => tf.scalar(1)],
    ];
    for (const [message, loss] of wrong) {
      for (const microBatch of [0, 5]) {
        const objective = {
          loss: ({ views }: { views: readonly tf.Tensor2D[] }) => loss(views[0]),
        };
        const error = assertThrows(
          () =>
            batchGradients(
              network,
              guard({ kind: "objective", name: "mine" }, objective as Objective),
              batch,
              microBatch,
            ),
          PluginError,
          message,
        );
        assert(/^(Cannot use t|T)he objective mine(: | threw )/.test(error.message), error.message);
        assertEquals(tf.memory().numTensors, tensors, "tensors kept");
      }
    }
    free(network);
  },
);

testOnDevices("an encoder whose features are not as it says is a PluginError", async (device) => {
  const network = plainNetwork();
  const encoder: Encoder = { ...network.encoder, dim: 7 };
  const batch = await firstBatch(device);
  const objective = statefulObjective(device);
  assertThrows(
    () => batchGradients({ ...network, encoder }, objective, batch),
    PluginError,
    "its features must be a tensor of shape [10,7]",
  );
  free(network);
});

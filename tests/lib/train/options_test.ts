import { assert, assertEquals } from "@std/assert";
import { trainOptions } from "../../../lib/train/options.ts";

Deno.test("the defaults are the reference's", () => {
  const { featureDim, batchSize, epochs, learningRate, weightDecay, optimizer, k, knnTemperature } =
    trainOptions.parse({});
  assertEquals(
    { featureDim, batchSize, epochs, learningRate, weightDecay, optimizer, k, knnTemperature },
    {
      featureDim: 128,
      batchSize: 256,
      epochs: 500,
      learningRate: 1e-3,
      weightDecay: 1e-6,
      optimizer: "adam",
      k: 200,
      knnTemperature: 0.5,
    },
  );
});

Deno.test("a value out of range is refused for every option", () => {
  const wrong: Record<string, unknown[]> = {
    seed: [-1, 0.5],
    featureDim: [0, 1.5],
    batchSize: [1, NaN],
    epochs: [0],
    learningRate: [0, -1, Infinity],
    weightDecay: [-1e-9],
    optimizer: ["rmsprop"],
    momentum: [-0.1, 1],
    schedule: ["step"],
    warmupEpochs: [-1],
    rewarmEpochs: [-1],
    microBatch: [-1, 0.5],
    precision: ["float16"],
    maxSteps: [-1],
    evalEvery: [-1],
    saveEvery: [-1],
    saveMinutes: [-1],
    logEvery: [0],
    k: [0],
    knnTemperature: [0],
  };
  assertEquals(Object.keys(wrong), Object.keys(trainOptions.shape));
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert(!trainOptions.safeParse({ [name]: value }).success, `${name}: ${value}`);
    }
  }
  assert(!trainOptions.safeParse({ learningrate: 1 }).success, "a misspelt option");
});

Deno.test("every option is described", () => {
  for (const [name, schema] of Object.entries(trainOptions.shape)) {
    assert(schema.description, name);
  }
});

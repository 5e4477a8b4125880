import { assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { rng } from "../../../lib/random.ts";
import { makeOptimizer } from "../../../lib/train/optimizer.ts";
import { testOnDevices } from "../../support/devices.ts";

/** PyTorch's and lightly's rules for one parameter, element by element, in float64. */
class Reference {
  #a: number[];
  #b: number[];

  constructor(
    readonly name: "adam" | "adamw" | "sgd" | "lars",
    readonly weight: number[],
    readonly rank: number,
    readonly decay: number,
  ) {
    this.#a = weight.map(() => 0);
    this.#b = weight.map(() => 0);
  }

  step(grad: number[], lr: number, t: number): void {
    const norm = (x: number[]) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
    const trust = 0.001 * norm(this.weight) /
      (norm(grad) + this.decay * norm(this.weight) + 1e-8);
    grad.forEach((g, i) => {
      if (this.name === "adam" || this.name === "sgd") g += this.decay * this.weight[i];
      if (this.name === "adamw") this.weight[i] -= lr * this.decay * this.weight[i];
      if (this.name === "lars" && this.rank > 1) g = trust * (g + this.decay * this.weight[i]);
      if (this.name.startsWith("adam")) {
        this.#a[i] = 0.9 * this.#a[i] + 0.1 * g;
        this.#b[i] = 0.999 * this.#b[i] + 0.001 * g * g;
        const m = this.#a[i] / (1 - 0.9 ** t);
        const v = this.#b[i] / (1 - 0.999 ** t);
        this.weight[i] -= lr * m / (Math.sqrt(v) + 1e-8);
      } else {
        this.#a[i] = t === 1 ? g : 0.9 * this.#a[i] + g;
        this.weight[i] -= lr * this.#a[i];
      }
    });
  }
}

/** Sizes of one to several workgroups; what shares a dispatch on webgpu and what does not. */
const shapes = {
  kernel: [3, 4],
  bias: [4],
  one: [1],
  odd: [3, 5],
  scale: [8],
  shift: [260],
  square: [2, 2],
  large: [3, 5, 5, 64],
};

for (const name of ["adam", "adamw", "sgd", "lars"] as const) {
  testOnDevices(`${name} follows its float64 reference for ten steps`, async () => {
    const random = rng(1);
    const draw = (n: number) => Array.from({ length: n }, () => Math.fround(random.normal()));
    const decay = 0.1;
    const references = Object.entries(shapes).map(([key, shape]) => ({
      key,
      shape,
      reference: new Reference(name, draw(tf.util.sizeFromShape(shape)), shape.length, decay),
    }));
    const parameters = new Map(
      references.map(({ key, shape, reference }) => [
        key,
        tf.tidy(() => tf.variable(tf.tensor(reference.weight, shape))),
      ]),
    );
    const optimizer = makeOptimizer(parameters, {
      optimizer: name,
      weightDecay: decay,
      momentum: 0.9,
    });
    let tensors = tf.memory().numTensors;
    for (let t = 1; t <= 10; t++) {
      const grads: tf.NamedTensorMap = {};
      for (const { key, shape, reference } of references) {
        const grad = draw(reference.weight.length);
        reference.step(grad, 0.1 / t, t);
        grads[parameters.get(key)!.name] = tf.tensor(grad, shape);
      }
      optimizer.step(grads, 0.1 / t);
      tf.dispose(grads);
      assertEquals(tf.memory().numTensors, tensors, `tensors after step ${t}`);
      tensors = tf.memory().numTensors;
    }
    assertEquals(optimizer.steps, 10);
    for (const { key, reference } of references) {
      const weight = await parameters.get(key)!.data();
      reference.weight.forEach((expected, i) => assertAlmostEquals(weight[i], expected, 1e-5, key));
    }
    optimizer.dispose();
    tf.dispose([...parameters.values()]);
  });
}

testOnDevices("a parameter without a gradient stays as it is, moments too", async () => {
  const weight = tf.variable(tf.tensor1d([1, 2]));
  const optimizer = makeOptimizer(new Map([["w", weight]]), {
    optimizer: "adam",
    weightDecay: 0.1,
    momentum: 0.9,
  });
  optimizer.step({}, 0.1);
  assertEquals([...await weight.data()], [1, 2]);
  assertEquals([...optimizer.slots.keys()], ["m.w", "v.w"]);
  assertEquals([...await optimizer.slots.get("m.w")!.data()], [0, 0]);
  optimizer.dispose();
  weight.dispose();
});

testOnDevices("lars moves a weight of zeros and survives a gradient of zeros", async () => {
  const parameters = new Map([
    ["zero", tf.variable(tf.zeros([1, 2]))],
    ["still", tf.variable(tf.ones([1, 2]))],
  ]);
  const optimizer = makeOptimizer(parameters, { optimizer: "lars", weightDecay: 0, momentum: 0.9 });
  const [zero, still] = [...parameters.values()];
  const grads = { [zero.name]: tf.ones([1, 2]), [still.name]: tf.zeros([1, 2]) };
  optimizer.step(grads, 0.5);
  assertEquals([...await zero.data()], [-0.5, -0.5]);
  assertEquals([...await still.data()], [1, 1]);
  optimizer.dispose();
  tf.dispose([grads, zero, still]);
});

/** An optimizer of one weight of each rank, and a step whose gradients are drawn from `t`. */
function twoWeights(name: "adam" | "adamw" | "sgd" | "lars") {
  const matrix = tf.variable(tf.ones([30, 4])), vector = tf.variable(tf.ones([4]));
  const optimizer = makeOptimizer(new Map([["matrix", matrix], ["vector", vector]]), {
    optimizer: name,
    weightDecay: 0.1,
    momentum: 0.9,
  });
  const variables = [matrix, vector, ...optimizer.slots.values()];
  return {
    matrix,
    variables,
    step(t: number) {
      const draw = (shape: number[]) => {
        const random = rng(t, shape.length);
        const size = tf.util.sizeFromShape(shape);
        return tf.tensor(Float32Array.from({ length: size }, () => random.normal()), shape);
      };
      const grads = { [matrix.name]: draw([30, 4]), [vector.name]: draw([4]) };
      optimizer.steps = t - 1;
      optimizer.step(grads, 0.1 / t);
      tf.dispose(grads);
    },
    read: () => Promise.all(variables.map(async (variable) => [...await variable.data()])),
    dispose() {
      optimizer.dispose();
      tf.dispose([matrix, vector]);
    },
  };
}

for (const name of ["adam", "adamw", "sgd", "lars"] as const) {
  testOnDevices(`${name} continues from a saved state to the same bytes`, async () => {
    const whole = twoWeights(name), broken = twoWeights(name);
    for (let t = 1; t <= 4; t++) whole.step(t);
    for (let t = 1; t <= 2; t++) broken.step(t);
    const saved = await broken.read();
    broken.dispose();

    const resumed = twoWeights(name);
    resumed.variables.forEach((variable, i) =>
      tf.tidy(() => variable.assign(tf.tensor(saved[i], variable.shape)))
    );
    for (let t = 3; t <= 4; t++) resumed.step(t);
    assertEquals(await resumed.read(), await whole.read());
    whole.dispose();
    resumed.dispose();
  });
}

testOnDevices("a clone of a weight and one of a moment keep their values", async () => {
  const weights = twoWeights("adam");
  const { matrix, variables } = weights;
  weights.step(1);
  const clones = variables.map((variable) => variable.clone());
  const target = tf.variable(tf.zeros(matrix.shape));
  target.assign(matrix);
  const before = await weights.read();
  weights.step(2);
  for (const [i, clone] of clones.entries()) {
    assertEquals([...await clone.data()], before[i]);
    assertNotEquals([...await variables[i].data()], before[i]);
  }
  assertEquals([...await target.data()], before[0]);
  weights.dispose();
  tf.dispose([clones, target]);
});

testOnDevices("a gradient of another shape is refused", () => {
  const weight = tf.variable(tf.ones([2, 3]));
  const optimizer = makeOptimizer(new Map([["w", weight]]), {
    optimizer: "sgd",
    weightDecay: 0,
    momentum: 0.9,
  });
  const grads = { [weight.name]: tf.ones([2, 4]) };
  assertThrows(() => optimizer.step(grads, 0.1), Error, "2,4");
  optimizer.dispose();
  tf.dispose([grads, weight]);
});

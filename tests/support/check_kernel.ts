/** Checks an operation on a device against its float64 reference: forward, backward, its tensors. */
import { assert, assertEquals } from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../../lib/device/device.ts";
import { rng } from "../../lib/random.ts";

/** At most this many coordinates of a gradient are compared, evenly spread. */
const COORDINATES = 30;
const STEP = 1e-5;

/** An operation, what it is given, and what it should give. */
export interface KernelCheck {
  /** The inputs. */
  inputs: readonly { shape: readonly number[]; values: ArrayLike<number> }[];
  /** The operation on the device. */
  run: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** The same in float64, flat. */
  reference: (...inputs: Float64Array[]) => ArrayLike<number>;
  /** Largest error of a value as a share of the largest value; also of a gradient. */
  tolerance: number;
  /** Whether the gradient is checked too, default true. */
  backward?: boolean;
}

/**
 * Compares every value, and coordinates of the gradient of Σ r·y with random r by central
 * differences of the reference. Leaves no tensors.
 */
export async function checkKernel(device: Device, check: KernelCheck): Promise<void> {
  const { run, reference, tolerance, backward = true } = check;
  const { tf } = device;
  const before = tf.memory().numTensors;
  const tensors = check.inputs.map(({ shape, values }) =>
    tf.tensor([...Array.from(values)], [...shape])
  );
  const data = check.inputs.map(({ values }) => Float64Array.from(Float32Array.from(values)));

  const y = tf.tidy(() => run(...tensors));
  const expected = Float64Array.from(reference(...data));
  assertEquals(y.size, expected.length, `the size of [${y.shape}]`);
  compare("value", await y.data(), expected, tolerance);

  if (backward) {
    const random = rng(7, y.size);
    const weights = Float64Array.from({ length: y.size }, () => Math.fround(random.normal()));
    const r = tf.tensor(Float32Array.from(weights), y.shape);
    const grads = tf.grads((...inputs: tf.Tensor[]) => run(...inputs).mul(r).sum().asScalar())(
      tensors,
    );
    const sum = (inputs: Float64Array[]) => {
      const y = reference(...inputs);
      return weights.reduce((total, weight, i) => total + weight * y[i], 0);
    };
    for (const [which, grad] of grads.entries()) {
      const read = await grad.data();
      assertEquals(grad.shape, tensors[which].shape, `the shape of gradient ${which}`);
      const stride = Math.max(1, Math.floor(grad.size / COORDINATES));
      const actual: number[] = [], wanted: number[] = [];
      for (let i = 0; i < grad.size; i += stride) {
        const at = (step: number) => {
          const moved = data.map((values) => values.slice());
          moved[which][i] += step;
          return sum(moved);
        };
        actual.push(read[i]);
        wanted.push((at(STEP) - at(-STEP)) / (2 * STEP));
      }
      compare(`gradient ${which}`, actual, wanted, tolerance);
    }
    tf.dispose([grads, r]);
  }
  tf.dispose([tensors, y]);
  assertEquals(tf.memory().numTensors, before, "the count of tensors afterwards");
}

function compare(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const largest = Math.max(1e-3, ...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / largest;
    assert(error <= tolerance, `${what} ${i} is ${actual[i]}, not ${expected[i]}`);
  }
}

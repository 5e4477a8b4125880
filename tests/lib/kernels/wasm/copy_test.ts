/** Slices, padding, tiling and gathering against what they mean. */
import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertThrows } from "@std/assert";
import { openDevice } from "../../../../lib/device/device.ts";
import { testOnDevices } from "../../../support/devices.ts";

/** A tensor [2, 3, 40] of 0, 1, 2 …: its last axis is long enough to be copied at once. */
const counting = () => tf.range(0, 240).reshape<tf.Tensor3D>([2, 3, 40]);

async function assertData(tensor: tf.Tensor, shape: number[], expected: number[]) {
  assertEquals(tensor.shape, shape);
  assertEquals([...await tensor.data()], expected);
  tensor.dispose();
}

const range = (from: number, length: number) => Array.from({ length }, (_, i) => from + i);

testOnDevices("a slice takes its block, of short runs and of long ones", async () => {
  const x = counting();
  await assertData(x.slice([1, 1, 2], [1, 2, 3]), [1, 2, 3], [162, 163, 164, 202, 203, 204]);
  await assertData(x.slice([0, 1, 10], [2, 1, 30]), [2, 1, 30], [
    ...range(50, 30),
    ...range(170, 30),
  ]);
  await assertData(x.slice([1], [1]), [1, 3, 40], range(120, 120));
  await assertData(x.slice([0, 3, 0], [2, 0, 40]), [2, 0, 40], []);
  x.dispose();
});

testOnDevices("padding surrounds what is padded", async () => {
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const expected = [[9, 9, 9, 9], [1, 2, 9, 9], [3, 4, 9, 9]];
  await assertData(x.pad([[1, 0], [0, 2]], 9), [3, 4], expected.flat());
  x.dispose();
});

testOnDevices("tiling repeats along every axis", async () => {
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const rows = [[1, 2, 1, 2, 1, 2], [3, 4, 3, 4, 3, 4]];
  await assertData(x.tile([2, 3]), [4, 6], [...rows, ...rows].flat());
  x.dispose();
});

testOnDevices("gathering takes slices in the order asked for", async () => {
  const x = counting(), indices = tf.tensor1d([2, 0, 2], "int32");
  const rows = [80, 0, 80, 200, 120, 200];
  await assertData(x.gather(indices, 1), [2, 3, 40], rows.flatMap((from) => range(from, 40)));
  tf.dispose([x, indices]);
});

testOnDevices("the gradient of gathering adds up where a row was taken twice", async () => {
  const x = tf.zeros([3, 2]), indices = tf.tensor1d([2, 0, 2], "int32");
  const gradient = tf.grad((x: tf.Tensor) => x.gather(indices).mul(tf.tensor1d([1, 10])).sum())(x);
  await assertData(gradient, [3, 2], [1, 10, 0, 0, 2, 20]);
  tf.dispose([x, indices]);
});

Deno.test("gathering outside of a tensor is an error on wasm", async () => {
  await openDevice("wasm");
  const x = counting(), indices = tf.tensor1d([3], "int32");
  assertThrows(() => x.gather(indices, 1), RangeError, "the index 3 is not in [0, 3)");
  tf.dispose([x, indices]);
});

testOnDevices("a clone and a cast keep their values when the original is disposed of", async () => {
  const before = tf.memory().numTensors;
  const x = tf.tensor([1.5, -2, 3]);
  const copies = [x.clone(), tf.cast(x, "float32"), tf.cast(x, "int32")];
  x.dispose();
  const later = tf.tensor([7, 8, 9]); // would take the place of x if x were freed
  assertEquals([...await copies[0].data()], [1.5, -2, 3]);
  assertEquals([...await copies[1].data()], [1.5, -2, 3]);
  assertEquals([...await copies[2].data()], [1, -2, 3]);
  tf.dispose([later, copies]);
  assertEquals(tf.memory().numTensors, before);
});

/** Dispatches of our own among those of the backend. */
import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertThrows } from "@std/assert";
import {
  emptyTensor,
  freeingOnError,
  type Program,
  runProgram,
  webgpuBackend,
} from "../../../../lib/kernels/webgpu/program.ts";
import { linearGrid } from "../../../../lib/kernels/webgpu/threads.ts";
import { testOnWebgpu } from "../../../support/devices.ts";

const TWO_OUTPUTS = `
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= COUNT) { return; }
  doubled[id.x] = 2 * x[id.x];
  shifted[id.x] += u.shift * f32(u.times);
}`;

function twoOutputs(x: tf.Tensor, shifted: tf.Tensor, shift: number): tf.TensorInfo {
  const backend = webgpuBackend(tf.backend());
  const doubled = emptyTensor(backend, x.shape);
  runProgram(backend, {
    name: "two_outputs",
    constants: { COUNT: x.size },
    inputs: { x },
    outputs: { doubled, shifted },
    uniforms: { shift: { f32: shift }, times: 2 },
    wgsl: TWO_OUTPUTS,
    workgroups: [Math.ceil(x.size / 8)],
  });
  return doubled;
}

testOnWebgpu(
  "a program writes two tensors, one in place, in order with the backend's own",
  async () => {
    const x = tf.tensor1d([1, 2, 3]), shifted = tf.tensor1d([0, 10, 20]).add(1);
    assertEquals([...await shifted.data()], [1, 11, 21]);
    const doubled = tf.engine().makeTensorFromTensorInfo(twoOutputs(x, shifted, 0.5));
    const sum = doubled.add(shifted);
    assertEquals([...await doubled.data()], [2, 4, 6]);
    assertEquals([...await shifted.data()], [2, 12, 22]);
    assertEquals([...await sum.data()], [4, 16, 28]);
    tf.dispose([x, shifted, doubled, sum]);
  },
);

testOnWebgpu(
  "programs with one name and other uniforms do not share a pipeline",
  async () => {
    const backend = webgpuBackend(tf.backend());
    const run = (uniforms: Program["uniforms"]) => {
      const y = emptyTensor(backend, [1]);
      runProgram(backend, {
        name: "last_number",
        inputs: {},
        outputs: { y },
        uniforms,
        wgsl: "@compute @workgroup_size(1) fn main() { y[0] = f32(u.last); }",
        workgroups: [1],
      });
      return tf.engine().makeTensorFromTensorInfo(y);
    };
    const numbers = [run({ last: 7 }), run({ first: 1, last: 7 }), run({ last: { f32: 0.5 } })];
    for (const [i, expected] of [7, 7, 0.5].entries()) {
      assertEquals([...await numbers[i].data()], [expected]);
    }
    tf.dispose(numbers);
  },
);

testOnWebgpu("a count beyond one dimension is spread over two", () => {
  const backend = webgpuBackend(tf.backend());
  assertEquals(linearGrid(backend, 7), [7, 1]);
  const [x, y] = linearGrid(backend, 100_001);
  assertEquals(x * y >= 100_001 && x <= 65_535 && x * y < 100_003, true);
});

testOnWebgpu("a tensor larger than a binding is refused with what to do", () => {
  const backend = webgpuBackend(tf.backend());
  const size = backend.device.limits.maxStorageBufferBindingSize / 4 + 1;
  const x = emptyTensor(backend, [size]);
  assertThrows(
    () =>
      runProgram(backend, {
        name: "too_large",
        inputs: {},
        outputs: { x },
        wgsl: "@compute @workgroup_size(1) fn main() { x[0] = 0; }",
        workgroups: [1],
      }),
    Error,
    "Cannot run too_large on the webgpu device",
  );
  backend.disposeData(x.dataId);
});

testOnWebgpu("what a kernel made before it threw is freed, and nothing else", () => {
  const backend = webgpuBackend(tf.backend());
  const before = backend.numDataIds();
  const mine = emptyTensor(backend, [3]);
  const doubled = freeingOnError(backend, () => emptyTensor(backend, [3]));
  assertThrows(
    () =>
      freeingOnError(backend, () => {
        freeingOnError(backend, () => emptyTensor(backend, [3]));
        backend.disposeData(emptyTensor(backend, [3]).dataId);
        emptyTensor(backend, [3]);
        throw new Error("no memory");
      }),
    Error,
    "no memory",
  );
  assertEquals(backend.numDataIds(), before + 2);
  for (const { dataId } of [mine, doubled]) backend.disposeData(dataId);
  assertEquals(backend.numDataIds(), before);
});

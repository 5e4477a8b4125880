/**
 * Runs WGSL on tensors of TensorFlow.js, with several outputs, updates in place, and constants that are
 * compiled in. This is the only file that uses the internals of TensorFlow.js's WebGPU backend. Its
 * dispatches go into the same command queue as those of the backend's own kernels, in order.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { DeviceError } from "../../errors.ts";
import { storedElement } from "./half_storage.ts";

/**
 * A tensor that is bound to a shader as `array<element>`. A tensor stored as float16 is bound as `f16`
 * or `vec4h` in place of `f32` or `vec4f`. A shader that takes such tensors converts what it loads, as
 * in `vec4f(x[i])`, and what it stores, as in `y_element(value)`: `y_element` is the type of the stored
 * elements of `y`.
 */
export interface Binding {
  readonly tensor: tf.TensorInfo;
  /** The type of an element in WGSL, such as `vec4f`; default `f32`, or `i32` for int32 tensors. */
  readonly element?: string;
}

/** A number given to a shader at each run: a whole one as `u32`, `{ f32: x }` as `f32`. */
export type Uniform = number | { readonly f32: number };

export interface Program {
  /**
   * The name of the shader. Programs with the same name, constants, and names and types of bindings
   * and uniforms must have the same text: they share a pipeline.
   */
  readonly name: string;
  /** Whole numbers that are compiled in as `const NAME = value;`. */
  readonly constants?: Readonly<Record<string, number>>;
  /** The tensors that are read, by the names of their bindings. */
  readonly inputs: Readonly<Record<string, tf.TensorInfo | Binding>>;
  /** The tensors that are written and may be read, by binding: outputs, or tensors updated in place. */
  readonly outputs: Readonly<Record<string, tf.TensorInfo | Binding>>;
  /** The uniforms; the shader reads them as `u.name`. */
  readonly uniforms?: Readonly<Record<string, Uniform>>;
  /** The text after the bindings, or a function that makes it from the constants once a pipeline. */
  readonly wgsl: string | ((constants: Readonly<Record<string, number>>) => string);
  /** The number of workgroups in x, y and z. */
  readonly workgroups: readonly [number, number?, number?];
}

/** The pipelines of each device by name, constants, elements and uniforms. */
const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/** The backend that TensorFlow.js hands to a kernel, narrowed to its class. */
export function webgpuBackend(backend: unknown): WebGPUBackend {
  if (backend instanceof WebGPUBackend) return backend;
  throw new TypeError("the kernel runs on a WebGPU backend only");
}

/** A new tensor. Its values are undefined until a program has written them. */
export function emptyTensor(
  backend: WebGPUBackend,
  shape: readonly number[],
  dtype: "float32" | "int32" = "float32",
): tf.TensorInfo {
  const empty = shape.some((side) => side === 0);
  const made = backend.makeTensorInfo([...shape], dtype, empty ? new Float32Array() : undefined);
  unfinished?.push(made.dataId);
  return made;
}

/** The data that the running kernel has made so far. */
let unfinished: tf.DataId[] | undefined;

/** Runs a kernel. If it throws, frees the tensors that {@linkcode emptyTensor} made in it. */
export function freeingOnError<T>(backend: WebGPUBackend, run: () => T): T {
  const outer = unfinished;
  const made: tf.DataId[] = unfinished = [];
  try {
    const result = run();
    outer?.push(...made);
    return result;
  } catch (error) {
    for (const dataId of made) if (backend.tensorMap.has(dataId)) backend.disposeData(dataId);
    throw error;
  } finally {
    unfinished = outer;
  }
}

/** Records a dispatch, unless it has no workgroups. */
export function runProgram(backend: WebGPUBackend, program: Program): void {
  const { inputs, outputs, uniforms, workgroups: [x, y = 1, z = 1] } = program;
  if (x * y * z === 0) return;
  const reads = Object.entries(inputs).map(([name, input]) => binding(name, input));
  const writes = Object.entries(outputs).map(([name, output]) => binding(name, output));
  const pipeline = pipelineOf(backend.device, program, reads, writes);
  const buffers = [...reads, ...writes].map(({ tensor }) => bufferOf(backend, tensor, program));
  if (uniforms) buffers.push(uniformBuffer(backend, Object.values(uniforms)));
  const group = backend.device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  // A value that was read back before is kept by the backend, and is no longer true.
  for (const { tensor } of writes) backend.tensorMap.get(tensor.dataId).values = null!;
  for (const { tensor } of [...reads, ...writes]) {
    backend["commandQueueOwnedIds"].add(tensor.dataId);
  }
  backend.ensureCommandEncoderReady();
  backend["computePassEncoder"] ??= backend["commandEncoder"].beginComputePass();
  const pass: GPUComputePassEncoder = backend["computePassEncoder"];
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(x, y, z);
  if (++backend["dispatchCountInPass"] >= DISPATCHES) submit(backend);
}

/** Dispatches in a submission, as many as in those of the backend's own kernels. */
const DISPATCHES = 15;

/** Sends the recorded dispatches to the device. */
export function submit(backend: WebGPUBackend): void {
  if (!backend["commandEncoder"]) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** Waits until the device has finished all recorded dispatches. */
export async function finish(backend: WebGPUBackend): Promise<void> {
  submit(backend);
  await backend.device.queue.onSubmittedWorkDone();
}

interface NamedBinding {
  readonly name: string;
  readonly tensor: tf.TensorInfo;
  readonly element: string;
}

function binding(name: string, given: tf.TensorInfo | Binding): NamedBinding {
  const { tensor, element } = "tensor" in given ? given : { tensor: given, element: undefined };
  const type = element ?? (tensor.dtype === "float32" ? "f32" : "i32");
  return { name, tensor, element: storedElement(tensor, type) };
}

function bufferOf(
  backend: WebGPUBackend,
  { dataId, shape }: tf.TensorInfo,
  { name }: Program,
): GPUBuffer {
  // As it is stored: every element takes four bytes, and two of float16 are kept as one.
  const size = 4 * tf.util.sizeFromShape(backend.tensorMap.get(dataId).shape);
  const limit = backend.device.limits.maxStorageBufferBindingSize;
  if (size > limit) {
    throw new DeviceError({
      act: `run ${name} on the webgpu device`,
      rule: `a tensor must fit a storage binding of ${limit} bytes`,
      got: `[${shape}] of ${size} bytes`,
      next: "Choose a smaller --batch_size, or --micro_batch.",
    });
  }
  backend.uploadToGPU(dataId);
  const { resource } = backend.tensorMap.get(dataId);
  if (!(resource instanceof GPUBuffer)) throw new TypeError("a tensor is a buffer");
  return resource;
}

function uniformType(value: Uniform): "u32" | "f32" {
  return typeof value === "number" ? "u32" : "f32";
}

/** A buffer of 4-byte scalars in the given order; released after the submission. */
function uniformBuffer(backend: WebGPUBackend, values: readonly Uniform[]): GPUBuffer {
  const size = Math.ceil(values.length / 4) * 16;
  const data = new DataView(new ArrayBuffer(size));
  values.forEach((value, i) => {
    if (typeof value === "number") data.setUint32(4 * i, value, true);
    else data.setFloat32(4 * i, value.f32, true);
  });
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM;
  const buffer: GPUBuffer = backend.bufferManager.acquireBuffer(size, usage);
  backend.queue.writeBuffer(buffer, 0, data);
  backend["uniformPendingDisposal"].push(buffer);
  return buffer;
}

function pipelineOf(
  device: GPUDevice,
  program: Program,
  reads: readonly NamedBinding[],
  writes: readonly NamedBinding[],
): GPUComputePipeline {
  const { name, constants = {}, uniforms = {} } = program;
  const key = [
    name,
    ...Object.entries(constants).flat(),
    ...[...reads, ...writes].flatMap(({ name, element }) => [name, element]),
    ...Object.entries(uniforms).map(([name, value]) => `${name}:${uniformType(value)}`),
  ].join(" ");
  const cache = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, cache);
  const known = cache.get(key);
  if (known) return known;
  const declare =
    (access: string, offset: number) => ({ name, element }: NamedBinding, i: number) =>
      `alias ${name}_element = ${element}; ` +
      `@group(0) @binding(${offset + i}) var<storage, ${access}> ${name}: array<${element}>;`;
  const fields = Object.entries(uniforms).map(([name, value]) => `${name}: ${uniformType(value)},`);
  const all = [...reads, ...writes];
  const code = [
    all.some(({ element }) => /f16|h\b/.test(element)) ? "enable f16;" : "",
    ...Object.entries(constants).map(([name, value]) => `const ${name} = ${value}u;`),
    ...reads.map(declare("read", 0)),
    ...writes.map(declare("read_write", reads.length)),
    ...(fields.length > 0
      ? [
        `struct Uniforms { ${fields.join(" ")} }`,
        `@group(0) @binding(${all.length}) var<uniform> u: Uniforms;`,
      ]
      : []),
    typeof program.wgsl === "string" ? program.wgsl : program.wgsl(constants),
  ].join("\n");
  const pipeline = device.createComputePipeline({
    label: key,
    layout: "auto",
    compute: { module: device.createShaderModule({ label: key, code }) },
  });
  cache.set(key, pipeline);
  return pipeline;
}

/**
 * The memory of the wasm backend, where its tensors lie and our kernels read and write.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { Tiles } from "./tiles.ts";

/** Tensors by address. Every float32 view is made afresh, since memory moves when it grows. */
export class Heap {
  /** The inner loops over this memory. */
  readonly tiles: Tiles;
  #backend: BackendWasm;
  #memory: WebAssembly.Memory;

  private constructor(backend: BackendWasm, memory: WebAssembly.Memory) {
    this.#backend = backend;
    this.#memory = memory;
    this.tiles = new Tiles(memory);
  }

  static #heaps = new WeakMap<BackendWasm, Heap>();

  /** The heap of a wasm backend; throws TypeError for another one. */
  static of(backend: unknown): Heap {
    if (!(backend instanceof BackendWasm)) throw new TypeError("not the wasm backend");
    let heap = Heap.#heaps.get(backend);
    if (!heap) {
      const exports: object = Reflect.get(backend.wasm, "asm");
      const memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
      if (!memory) throw new TypeError("the wasm backend does not export its memory");
      heap = new Heap(backend, memory);
      Heap.#heaps.set(backend, heap);
    }
    return heap;
  }

  /** The address of a tensor, in bytes. */
  address(tensor: tf.TensorInfo): number {
    return this.#backend.getMemoryOffset(tensor.dataId);
  }

  /** A new tensor with whatever was there. */
  output(shape: number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    return this.#backend.makeOutput(shape, dtype);
  }

  /** The same values once more, without a copy. */
  share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.#backend.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** Sets all of a float32 tensor to a value. */
  fill(tensor: tf.TensorInfo, value: number): void {
    const at = this.address(tensor) / 4;
    this.floats().fill(value, at, at + tf.util.sizeFromShape(tensor.shape));
  }

  /** max(x, 0) of a float32 tensor, in place; what is not a number stays so. */
  relu(tensor: tf.TensorInfo): void {
    const at = this.address(tensor) / 4, floats = this.floats();
    const end = at + tf.util.sizeFromShape(tensor.shape);
    for (let i = at; i < end; i++) if (floats[i] < 0) floats[i] = 0;
  }

  /** Runs `use` with the address of so many bytes, freed afterwards. */
  scratch<T>(bytes: number, use: (address: number) => T): T {
    const { dataId } = this.#backend.makeOutput([Math.ceil(bytes / 4)], "float32");
    try {
      return use(this.#backend.getMemoryOffset(dataId));
    } finally {
      this.#backend.disposeData(dataId);
    }
  }

  /** All of memory as floats; index = address / 4. Not to be kept over an allocation. */
  floats(): Float32Array {
    return new Float32Array(this.#memory.buffer);
  }

  /** All of memory as bytes. Not to be kept over an allocation. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }
}

/** Fills y [..., n] with a row [n]. */
export function fillRows(heap: Heap, y: tf.TensorInfo, row: tf.TensorInfo): void {
  const floats = heap.floats();
  const from = heap.address(row) / 4, to = heap.address(y) / 4;
  const [size, total] = [row, y].map(({ shape }) => tf.util.sizeFromShape(shape));
  floats.copyWithin(to, from, from + size);
  // Doubling: each copy takes all that is there.
  for (let done = size; done < total; done *= 2) {
    floats.copyWithin(to + done, to, to + Math.min(done, total - done));
  }
}

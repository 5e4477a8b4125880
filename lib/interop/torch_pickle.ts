/**
 * What PyTorch puts in a pickle: storages by persistent id, and tensors that are views of them.
 *
 * Format: PyTorch's `torch/serialization.py` and `torch/_utils.py`.
 *
 * @module
 */
import type { Fail } from "./byte_reader.ts";
import {
  type Dtype,
  type ElementArray,
  elementCount,
  gather,
  type NamedArray,
  type StridedView,
} from "./named_array.ts";
import {
  isOpaque,
  type Opaque,
  type PickleDict,
  type PickleGlobal,
  type PickleHost,
  type PickleObject,
  type PickleValue,
} from "./pickle_machine.ts";

/** More axes than PyTorch allows. */
const MAX_AXES = 64;

/** The classes of storages by their elements; complex and quantized ones are not read. */
const STORAGES: Readonly<Record<string, Dtype>> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
  UntypedStorage: "U8",
};

interface StorageClass extends PickleObject {
  readonly kind: "storage class";
  readonly dtype: Dtype;
}

/** A storage that the pickle speaks of; its bytes are elsewhere in the file. */
export interface TorchStorage extends PickleObject {
  /** Distinguishes it from other objects. */
  readonly kind: "storage";
  /** By what it is found in the file. */
  readonly key: string;
  /** The type of its elements. */
  readonly dtype: Dtype;
  /** How many there are. */
  readonly length: number;
}

/** A tensor: a view of a storage, within its bounds. */
export interface TorchTensor extends PickleObject, StridedView {
  /** Distinguishes it from other objects. */
  readonly kind: "tensor";
  /** Where its elements are. */
  readonly storage: TorchStorage;
}

/** Whether a value is a tensor. */
export function isTensor(value: PickleValue): value is TorchTensor {
  return isObject(value) && value.kind === "tensor";
}

/** The world of a PyTorch pickle, and what was met in it. */
export interface TorchHost extends PickleHost {
  readonly storages: ReadonlyMap<string, TorchStorage>;
  /** The names of the classes and functions that are unknown here, in the order they were met. */
  readonly unknown: ReadonlySet<string>;
}

/**
 * The world of a PyTorch pickle. A storage of an unknown type, or that is met with another type or
 * length, and a tensor that is not within its storage, go to `fail`.
 */
export function torchHost(fail: Fail): TorchHost {
  const storages = new Map<string, TorchStorage>();
  const unknown = new Set<string>();
  const functions: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>> = {
    "collections.OrderedDict": ([items]) => items === undefined ? new Map() : toDict(items, fail),
    "torch.Size": ([sizes]) => sizes,
    "torch.device": ([type]) => type,
    "torch._utils._rebuild_tensor": (args) => toTensor(args, fail),
    "torch._utils._rebuild_tensor_v2": (args) => toTensor(args, fail),
    "torch._utils._rebuild_parameter": ([data]) =>
      isTensor(data) || isOpaque(data)
        ? data
        : fail("a parameter must be of a tensor", "another value"),
  };
  return {
    storages,
    unknown,
    global: (name): PickleValue => {
      const [, storage] = /^torch(?:\.storage|\.cuda)?\.(\w+Storage)$/.exec(name) ?? [];
      if (storage !== undefined && Object.hasOwn(STORAGES, storage)) {
        const found: StorageClass = { kind: "storage class", dtype: STORAGES[storage] };
        return found;
      }
      if (!Object.hasOwn(functions, name)) {
        unknown.add(name);
        const opaque: Opaque = { kind: "opaque", name };
        return opaque;
      }
      const found: PickleGlobal = {
        kind: "global",
        call: (args) => functions[name](args) ?? fail(`${name} must have an argument`, "none"),
      };
      return found;
    },
    persistent: (id) => {
      const [type, elements, key, , length, view] = Array.isArray(id) ? id : [];
      if (elements !== undefined && isOpaque(elements)) {
        const next = "Save the tensors in PyTorch as float32: tensor.float().";
        return fail("the elements must be plain numbers", elements.name, next);
      }
      if (
        type !== "storage" || !isStorageClass(elements) || typeof key !== "string" ||
        !isCount(length) || (view !== undefined && view !== null)
      ) {
        return fail("what is outside the pickle must be a whole storage", showType(type));
      }
      const { dtype } = elements;
      const met = storages.get(key);
      if (met && (met.dtype !== dtype || met.length !== length)) {
        return fail(
          `the storage ${key} must be one of ${met.length} ${met.dtype}`,
          `${length} ${dtype}`,
        );
      }
      const storage: TorchStorage = met ?? { kind: "storage", key, dtype, length };
      storages.set(key, storage);
      return storage;
    },
  };
}

/** The pairs that Python 2 gives an OrderedDict at once. */
function toDict(items: PickleValue, fail: Fail): PickleDict {
  if (!Array.isArray(items)) return fail("an OrderedDict must be of a list of pairs", "no list");
  const dict: PickleDict = new Map();
  // Out of the list: a file could give the same long list to thousands.
  for (const pair of items.splice(0)) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      return fail("an OrderedDict must be of a list of pairs", "another value");
    }
    dict.set(pair[0], pair[1]);
  }
  return dict;
}

/** Storage, offset, sizes, strides; what follows is of no use without gradients. */
function toTensor(args: readonly PickleValue[], fail: Fail): TorchTensor {
  const [storage, offset, shape, strides] = args;
  if (!isStorage(storage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    return fail("a tensor must be of a storage, an offset, sizes and strides", "other values");
  }
  if (shape.length !== strides.length) {
    return fail("a tensor must have a stride for each size", `${strides.length}`);
  }
  const last = shape.reduce((at, size, axis) => at + (size - 1) * strides[axis], offset);
  const empty = shape.includes(0);
  if (empty ? offset > storage.length : last >= storage.length) {
    return fail(
      `a tensor [${shape}] must be within the ${storage.length} elements of its storage`,
      empty ? offset : last,
    );
  }
  return { kind: "tensor", storage, offset, shape, strides };
}

/** A tensor whose elements are in order is a view of `elements`, the storage's; else it is a copy. */
export function toNamedArray(tensor: TorchTensor, elements: ElementArray): NamedArray {
  const { storage: { dtype }, shape, offset } = tensor;
  const data = inOrder(tensor)
    ? elements.subarray(offset, offset + elementCount(shape))
    : gather(dtype, elements, tensor);
  return { dtype, shape, data };
}

/** Whether the elements of a tensor follow one another in its storage. */
export function inOrder({ shape, strides }: StridedView): boolean {
  if (shape.includes(0)) return true;
  let apart = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== apart) return false;
    apart *= shape[axis];
  }
  return true;
}

const isObject = (value: PickleValue): value is PickleObject =>
  typeof value === "object" && value !== null && "kind" in value;

const isStorage = (value: PickleValue): value is TorchStorage =>
  isObject(value) && value.kind === "storage";

const isStorageClass = (value: PickleValue): value is StorageClass =>
  isObject(value) && value.kind === "storage class";

const isCount = (value: PickleValue): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const isCounts = (value: PickleValue): value is number[] =>
  Array.isArray(value) && value.length <= MAX_AXES && value.every(isCount);

const showType = (type: PickleValue | undefined) =>
  typeof type === "string" ? type : "another value";

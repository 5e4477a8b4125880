/**
 * Checkpoints of PyTorch, as `torch.save` writes them: the zip layout (PyTorch 1.6 and later) and
 * the legacy one (before, and `_use_new_zipfile_serialization=False`). The pickles in them are read
 * as data: nothing of a file is ever run or imported, and of what it names to be run only the name
 * is kept.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { ByteReader, type Fail } from "./byte_reader.ts";
import {
  type ElementArray,
  elementBytes,
  elementCount,
  type NamedArray,
  toElements,
} from "./named_array.ts";
import { unpickle } from "./pickle.ts";
import type { PickleValue } from "./pickle_machine.ts";
import { findStateDict } from "./state_dict.ts";
import { isZip, readStoredZip } from "./stored_zip.ts";
import {
  inOrder,
  isTensor,
  toNamedArray,
  type TorchHost,
  torchHost,
  type TorchStorage,
} from "./torch_pickle.ts";

/** The first pickle of the legacy layout. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
/** The second one. */
const PROTOCOL = 1001;

/** A checkpoint whose storages are looked up when they are asked for. */
interface Checkpoint {
  readonly value: PickleValue;
  readonly host: TorchHost;
  readonly bytesOf: (storage: TorchStorage) => Uint8Array<ArrayBuffer>;
}

/** What was read of a file. */
export interface PthContents {
  /** The tensors of the model's state dict, by name. */
  readonly tensors: Map<string, NamedArray>;
  /** What else the file has: other networks' places, and classes and functions that it names. */
  readonly unread: readonly string[];
}

/** Whether bytes begin as a file of PyTorch does, in either layout. */
export function isPth(bytes: Uint8Array): boolean {
  if (isZip(bytes)) return true;
  // A pickle of the magic number: protocol, perhaps a frame, and its ten bytes; before protocol 2
  // its digits.
  if (bytes[0] === 0x80) return bytes[1] <= 5 && (bytes[2] === 0x8a || bytes[2] === 0x95);
  return [...`L${MAGIC}`].slice(0, 8).every((digit, i) => digit.charCodeAt(0) === bytes[i]);
}

/**
 * Reads the tensors of a state dict from a file of PyTorch. Where the file holds more (a dict with
 * an epoch, the optimizer's state …), the model's state dict is found in it. Tensors are views of
 * `bytes` where their elements lie there in order, and aligned; values that are no tensors are left
 * out.
 *
 * What lies beside them need not be understood: of the trainer's arguments (`argparse.Namespace`), of
 * a NumPy score, and of a function such as `os.system`, only the names are kept.
 *
 * @returns the tensors by name, with the shapes and in the layouts of PyTorch: [out, in, h, w]
 * @throws DataError about `source` where the file is damaged, was written on a big-endian machine, or
 * has no state dict or more than one that could be meant.
 *
 * @example What torch.save wrote
 * ```ts
 * import { decodePth } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * // torch.save({"fc.weight": torch.tensor([[1.0, 2.0]])}, "fc.pth"), in the older of its layouts
 * const bytes = Uint8Array.fromBase64(
 *   "gAKKCmz8nEb5IGqoUBkugAJN6QMugAJ9cQAoWBAAAABwcm90b2NvbF92ZXJzaW9ucQFN6QNYDQAAAGxpdHRsZV9lbm" +
 *     "RpYW5xAohYCgAAAHR5cGVfc2l6ZXNxA31xBChYBQAAAHNob3J0cQVLAlgDAAAAaW50cQZLBFgEAAAAbG9uZ3EHSw" +
 *     "R1dS6AAn1xAFgJAAAAZmMud2VpZ2h0cQFjdG9yY2guX3V0aWxzCl9yZWJ1aWxkX3RlbnNvcl92MgpxAigoWAcAAA" +
 *     "BzdG9yYWdlcQNjdG9yY2gKRmxvYXRTdG9yYWdlCnEEWAkAAAA1ODQ1NDE3NDRxBVgDAAAAY3B1cQZLAk50cQdRSw" +
 *     "BLAUsChnEISwJLAYZxCYljY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQopUnELdHEMUnENcy6AAl1xAFgJAAAANT" +
 *     "g0NTQxNzQ0cQFhLgIAAAAAAAAAAACAPwAAAEA=",
 * );
 * const weight = decodePth(bytes, "fc.pth").get("fc.weight");
 * assertEquals(weight, { dtype: "F32", shape: [1, 2], data: Float32Array.of(1, 2) });
 * ```
 */
export function decodePth(bytes: Uint8Array<ArrayBuffer>, source: string): Map<string, NamedArray> {
  return readPth(bytes, source).tensors;
}

/** The same, with what else the file has by name. */
export function readPth(bytes: Uint8Array<ArrayBuffer>, source: string): PthContents {
  const fail: Fail = (rule, got, next) => {
    throw new DataError({
      act: `read ${source} as a PyTorch checkpoint`,
      rule,
      got,
      next: next ?? "The file is damaged or of another format; write or download it again.",
    });
  };
  const { value, host, bytesOf } = isZip(bytes) ? readZip(bytes, fail) : readLegacy(bytes, fail);
  const opened = new Map<string, ElementArray>();
  const elementsOf = (storage: TorchStorage) => {
    const elements = opened.get(storage.key) ?? toElements(storage.dtype, bytesOf(storage));
    opened.set(storage.key, elements);
    return elements;
  };
  // A tensor may repeat a few elements without end: copies must not be larger than the file.
  let room = bytes.length;
  const tensors = new Map<string, NamedArray>();
  const { dict, others } = findStateDict(value, fail);
  for (const [name, tensor] of dict) {
    if (!isTensor(tensor) || typeof name !== "string") continue;
    if (!inOrder(tensor)) {
      room -= elementCount(tensor.shape) * elementBytes(tensor.storage.dtype);
      if (room < 0) {
        fail(
          "the tensors must not be larger than the file",
          `${name} [${tensor.shape}]`,
          "Save tensors that repeat elements as tensor.contiguous().",
        );
      }
    }
    tensors.set(name, toNamedArray(tensor, elementsOf(tensor.storage)));
  }
  return { tensors, unread: [...others, ...host.unknown] };
}

/** `NAME/data.pkl`, the pickle, and `NAME/data/KEY`, the storages. */
function readZip(bytes: Uint8Array<ArrayBuffer>, fail: Fail): Checkpoint {
  const entries = readStoredZip(bytes, fail);
  const folders = [...entries.keys()].flatMap((name) =>
    /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? []
  );
  const [folder] = folders;
  if (folders.length !== 1) {
    return fail("the archive must have one data.pkl in its folder", folders.length);
  }
  if (entries.has(`${folder}/constants.pkl`)) {
    fail(
      "it must be a checkpoint",
      "a program of TorchScript",
      "Load it in PyTorch and save its state_dict().",
    );
  }
  const order = new TextDecoder().decode(entries.get(`${folder}/byteorder`));
  if (order !== "" && order !== "little") fail("the byte order must be little-endian", order);
  const pickle = entries.get(`${folder}/data.pkl`)!;
  const host = torchHost(fail);
  const { value } = unpickle(pickle, 0, host, fail);
  return {
    value,
    host,
    bytesOf: ({ key, dtype, length }) => {
      const name = `${folder}/data/${key}`;
      const expected = length * elementBytes(dtype);
      const found = entries.get(name);
      return found?.length === expected
        ? found
        : fail(`${name} must have ${expected} bytes`, found?.length ?? "nothing");
    },
  };
}

/**
 * Five pickles (magic number, version, the machine, the object, the keys of its storages), then for
 * each key the number of elements (int64) and the elements.
 */
function readLegacy(bytes: Uint8Array<ArrayBuffer>, fail: Fail): Checkpoint {
  const host = torchHost(fail);
  let at = 0;
  const next = () => {
    const { value, end } = unpickle(bytes, at, host, fail);
    at = end;
    return value;
  };
  if (next() !== MAGIC) {
    fail("a file of the legacy layout must begin with its magic number", "another");
  }
  const protocol = next();
  if (protocol !== PROTOCOL) fail(`the version of the layout must be ${PROTOCOL}`, show(protocol));
  const machine = next();
  if (!(machine instanceof Map) || machine.get("little_endian") !== true) {
    fail("the byte order must be little-endian", "another");
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) return fail("the keys of the storages must be a list", show(keys));
  const storages = new Map<string, Uint8Array<ArrayBuffer>>();
  const reader = new ByteReader(bytes, fail, at);
  for (const key of keys) {
    const storage = typeof key === "string" ? host.storages.get(key) : undefined;
    if (!storage || storages.has(storage.key)) {
      return fail("each storage must belong to a tensor and be listed once", show(key));
    }
    const count = reader.uint64();
    if (count !== storage.length) {
      fail(`the storage ${storage.key} must have ${storage.length} elements`, count);
    }
    storages.set(storage.key, reader.take(count * elementBytes(storage.dtype)));
  }
  return {
    value,
    host,
    bytesOf: ({ key }) =>
      storages.get(key) ?? fail(`the storage ${key} must be in the file`, "nothing"),
  };
}

const show = (value: PickleValue): string =>
  typeof value === "object" ? "another value" : String(value);

import { assertEquals } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import {
  elementBytes,
  elementCount,
  isDtype,
  toElements,
} from "../../../lib/interop/named_array.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../lib/interop/safetensors.ts";
import golden from "../../golden/safetensors.json" with { type: "json" };

/** The tensors of tests/golden/safetensors.py: of the bytes 0, 1, 2 … */
const tensors = new Map(golden.written.tensors.map(({ name, dtype, shape }) => {
  if (!isDtype(dtype)) throw new Error(dtype);
  const length = elementCount(shape) * elementBytes(dtype);
  return [name, {
    dtype,
    shape,
    data: toElements(dtype, Uint8Array.from({ length }, (_, i) => i)),
  }];
}));

Deno.test("a file with every type has the bytes that the reference implementation writes", () => {
  const bytes = encodeSafetensors(tensors, golden.written.metadata);
  assertEquals(bytes.toHex(), golden.written.file);
});

Deno.test("a file of the reference implementation is read, every type", () => {
  const file = decodeSafetensors(Uint8Array.fromHex(golden.written.file), "x");
  assertEquals(file.metadata, golden.written.metadata);
  assertEquals(file.tensors, tensors);
});

/** Headers that the reference implementation takes, against the format's rules or beyond ours. */
const REFUSED_HERE = [
  // "The header data MUST begin with a { character."
  " {}",
  "\n{}",
  // "Duplicate keys are disallowed."
  '{"__metadata__":{"a":"b","a":"c"}}',
  '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
  // Not an object, or one with other fields.
  '{"a":["U8",[1],[0,1]]}',
  '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":[]}}',
  // No array holds such elements, or so many.
  '{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}',
  '{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}',
  '{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}',
  '{"a":{"dtype":"U8","shape":[1152921504606846976,0],"data_offsets":[0,0]}}',
];

Deno.test("headers are taken and refused as by the reference implementation, some refused here only", () => {
  const stricter = [];
  for (const { header, data, accepted } of golden.headers) {
    const text = new TextEncoder().encode(header);
    const bytes = new Uint8Array(8 + text.length + data);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    let taken = true;
    try {
      decodeSafetensors(bytes, "x");
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      taken = false;
    }
    if (accepted && !taken) stricter.push(header);
    else assertEquals(taken, accepted, header);
  }
  assertEquals(stricter.toSorted(), REFUSED_HERE.toSorted());
});

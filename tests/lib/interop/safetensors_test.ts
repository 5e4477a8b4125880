import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type NamedArray,
} from "../../../lib/interop/safetensors.ts";

/** A file of the given header text and data, with no rule kept. */
function file(header: string, data: number[] = []): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const tensor = (shape: number[], offsets: number[], dtype = "U8"): string =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

Deno.test("what is encoded is decoded: names, types, shapes, bytes and metadata", () => {
  const tensors = new Map<string, NamedArray>([
    ["labels", { dtype: "U8", shape: [3], data: new Uint8Array([1, 2, 3]) }],
    ["weight", { dtype: "F32", shape: [2, 2], data: new Float32Array([1, -2, NaN, 1e-40]) }],
    ["steps", { dtype: "I64", shape: [], data: new BigInt64Array([-(2n ** 60n)]) }],
    ["half", { dtype: "BF16", shape: [1], data: new Uint16Array([0x3f80]) }],
    ["empty", { dtype: "F32", shape: [0, 4], data: new Float32Array() }],
    ["__proto__", { dtype: "I32", shape: [1], data: new Int32Array([7]) }],
    ["7", { dtype: "BOOL", shape: [1], data: new Uint8Array([1]) }],
  ]);
  const decoded = decodeSafetensors(encodeSafetensors(tensors, { 'a "b"': "ä" }), "x");
  assertEquals(decoded.metadata, { 'a "b"': "ä" });
  assertEquals(
    [...decoded.tensors].sort(),
    [...tensors].sort(),
  );
});

Deno.test("equal contents give equal bytes, whatever the order of the names", () => {
  const a: [string, NamedArray] = ["a", { dtype: "U8", shape: [1], data: new Uint8Array([1]) }];
  const b: [string, NamedArray] = ["b", { dtype: "F32", shape: [1], data: new Float32Array([2]) }];
  assertEquals(encodeSafetensors(new Map([a, b]), {}), encodeSafetensors(new Map([b, a]), {}));
});

Deno.test("the layout is the published one: length, JSON padded with spaces to 8 bytes, data", () => {
  const bytes = encodeSafetensors(
    new Map([["w", { dtype: "F32", shape: [1], data: new Float32Array([1]) }]]),
    {},
  );
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assertEquals(length % 8, 0);
  assertEquals(
    new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd(),
    '{"__metadata__":{},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
  );
  assertEquals([...bytes.subarray(8 + length)], [0, 0, 0x80, 0x3f]);
});

Deno.test("a file without metadata, with unaligned tensors, from an unaligned buffer is read", () => {
  const header = `{"b":${tensor([1], [0, 1])},"w":${tensor([1], [1, 5], "F32")}}`;
  const bytes = file(header, [9, 0, 0, 0x80, 0x3f]);
  for (const shift of [0, 1, 2, 3]) {
    const moved = new Uint8Array(bytes.length + shift);
    moved.set(bytes, shift);
    const { tensors, metadata } = decodeSafetensors(moved.subarray(shift), "x");
    assertEquals([...tensors.get("w")!.data], [1]);
    assertEquals(metadata, {});
  }
});

Deno.test("data that does not fit its shape or type is not encoded", () => {
  const data = new Float32Array(3);
  assertThrows(
    () => encodeSafetensors(new Map([["w", { dtype: "F32", shape: [2], data }]]), {}),
    RangeError,
    "3 elements do not make F32 [2]",
  );
  assertThrows(
    () => encodeSafetensors(new Map([["w", { dtype: "I32", shape: [3], data }]]), {}),
    RangeError,
  );
  assertThrows(
    () => encodeSafetensors(new Map([["__metadata__", { dtype: "F32", shape: [3], data }]]), {}),
    RangeError,
  );
});

const longHeader = new Uint8Array(16);
new DataView(longHeader.buffer).setBigUint64(0, 100_000_001n, true);

const malformed: [string, Uint8Array<ArrayBuffer>, string][] = [
  ["an empty file", new Uint8Array(), "at least 8 bytes"],
  ["a header above 100 MB", longHeader, "at most 100000000 bytes"],
  ["a truncated header", file("{}   ").subarray(0, 10), "must be within the file"],
  ["a header of no bytes", file(""), "must begin with {"],
  ["a header that begins with a space", file(" {}"), "must begin with {"],
  ["a header that is an array", file("[]"), "must begin with {"],
  ["a header that is not JSON", file('{"a":'), "must be JSON"],
  ["a header that is not UTF-8", file("{}").map((b, i) => i === 9 ? 0xff : b), "in UTF-8"],
  [
    "a name that stands twice",
    file(`{"a":${tensor([1], [0, 1])},"\\u0061":${tensor([1], [0, 1])}}`, [1]),
    'stand twice in the header, got "a"',
  ],
  ["metadata that is not text", file('{"__metadata__":{"a":1}}'), "object of strings"],
  ["metadata that is a list", file('{"__metadata__":["a"]}'), "object of strings"],
  ["an entry that is no object", file('{"a":3}'), "the dtype of a"],
  ["an unknown type", file(`{"a":${tensor([1], [0, 1], "F8")}}`, [1]), 'got "F8"'],
  ["a type named as a method", file(`{"a":${tensor([1], [0, 1], "valueOf")}}`, [1]), "dtype"],
  ["a negative shape", file(`{"a":${tensor([-1], [0, 1])}}`, [1]), "the shape of a"],
  ["a fractional shape", file(`{"a":${tensor([0.5], [0, 1])}}`, [1]), "the shape of a"],
  ["offsets that run backwards", file(`{"a":${tensor([1], [1, 0])}}`, [1]), "the offsets of a"],
  ["one offset", file(`{"a":${tensor([1], [0])}}`, [1]), "the offsets of a"],
  ["a size that differs from the shape", file(`{"a":${tensor([2], [0, 1])}}`, [1]), "2 bytes"],
  ["an unknown field", file('{"a":{"dtype":"U8","shape":[],"x":1}}'), "only"],
  ["a hole at the start", file(`{"a":${tensor([1], [1, 2])}}`, [1, 2]), "must begin where"],
  [
    "a hole between tensors",
    file(`{"a":${tensor([1], [0, 1])},"b":${tensor([1], [2, 3])}}`, [1, 2, 3]),
    "b must begin where the one before it ends, at 1, got 2",
  ],
  [
    "tensors that overlap",
    file(`{"a":${tensor([2], [0, 2])},"b":${tensor([2], [1, 3])}}`, [1, 2, 3]),
    "must begin where",
  ],
  ["data after the last tensor", file(`{"a":${tensor([1], [0, 1])}}`, [1, 2]), "cover all 2"],
  ["truncated data", file(`{"a":${tensor([2], [0, 2])}}`, [1]), "within the 1 bytes"],
];

for (const [what, bytes, message] of malformed) {
  Deno.test(`${what} is a DataError that names the file`, () => {
    const error = assertThrows(() => decodeSafetensors(bytes, "run/x.safetensors"), DataError);
    assertStringIncludes(error.message, "Cannot read run/x.safetensors as safetensors: ");
    assertStringIncludes(error.message, message);
  });
}

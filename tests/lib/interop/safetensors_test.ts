import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import {
  decodeSafetensors,
  type Dtype,
  type ElementArray,
  encodeSafetensors,
  isSafetensors,
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

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];

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

const header = (bytes: Uint8Array<ArrayBuffer>): string => {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assertEquals(length % 8, 0);
  return new TextDecoder().decode(bytes.subarray(8, 8 + length));
};

Deno.test("the layout is the published one: length, JSON padded with spaces to 8 bytes, data", () => {
  const bytes = encodeSafetensors(
    new Map([["w", { dtype: "F32", shape: [1], data: new Float32Array([1]) }]]),
    {},
  );
  assertEquals(header(bytes), '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  ');
  assertEquals([...bytes.subarray(-4)], [0, 0, 0x80, 0x3f]);
  // What the reference implementation writes, by its tests.
  assertEquals([...encodeSafetensors(new Map(), {})], [
    8,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...ascii("{}      "),
  ]);
  assertEquals(
    header(encodeSafetensors(new Map(), { framework: "pt" })),
    '{"__metadata__":{"framework":"pt"}}     ',
  );
  const attention = new Map<string, NamedArray>([
    ["attn.0", { dtype: "F32", shape: [1, 2, 3], data: new Float32Array(6) }],
  ]);
  const text = '{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}';
  assertEquals([...encodeSafetensors(attention, {})], [
    64,
    ...new Array(7).fill(0),
    ...ascii(text),
    ...new Array(24).fill(0),
  ]);
});

Deno.test("tensors are laid out by type, wide elements first, then by name", () => {
  const one = (dtype: Dtype, data: ElementArray): NamedArray => ({ dtype, shape: [1], data });
  const bytes = encodeSafetensors(
    new Map([
      ["a", one("U8", new Uint8Array(1))],
      ["c", one("I32", new Int32Array(1))],
      ["b", one("I32", new Int32Array(1))],
      ["d", one("F32", new Float32Array(1))],
      ["e", one("F8_E4M3", new Uint8Array(1))],
      ["f", one("BF16", new Uint16Array(1))],
      ["g", one("I64", new BigInt64Array(1))],
    ]),
    {},
  );
  assertEquals([...decodeSafetensors(bytes, "x").tensors.keys()].join(""), "gdbcfea");
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

Deno.test("what the rules allow is read: padding, no rank, no elements, no tensors, any order", () => {
  const read = (text: string, data: number[] = []) => decodeSafetensors(file(text, data), "x");
  assertEquals(read("{}").tensors.size, 0);
  assertEquals(read('{"__metadata__":{}}').metadata, {});
  // Whatever JSON takes for white space, behind the header.
  assertEquals(read("{} \r\t\n").tensors.size, 0);
  assertEquals([...read(`{"a":${tensor([], [0, 1])}}`, [7]).tensors.get("a")!.data], [7]);
  const empty = read(`{"b":${tensor([1], [0, 1])},"a":${tensor([3, 0], [0, 0])}}`, [7]).tensors;
  assertEquals(empty.get("a")!.shape, [3, 0]);
  assertEquals([...empty.get("b")!.data], [7]);
  const late = read(`{"b":${tensor([1], [1, 2])},"a":${tensor([1], [0, 1])}}`, [1, 2]).tensors;
  assertEquals([...late.keys()], ["a", "b"]);
  const escaped = read(`{"\\u0061\\ud83d\\ude00":${tensor([1], [0, 1])}}`, [7]).tensors;
  assertEquals([...escaped.keys()], ["a😀"]);
});

Deno.test("elements of eight bits that JavaScript has no array for are given as bytes", () => {
  for (const dtype of ["F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"]) {
    const bytes = file(`{"a":${tensor([2], [0, 2], dtype)}}`, [0x38, 0xc0]);
    const array = decodeSafetensors(bytes, "x").tensors.get("a")!;
    assertEquals([array.dtype, ...array.data], [dtype, 0x38, 0xc0]);
  }
});

Deno.test("metadata and tensors named as what objects inherit are data", () => {
  const text = `{"__metadata__":{"__proto__":"a","toString":"b"},"__proto__":${
    tensor([1], [0, 1])
  }}`;
  const { metadata, tensors } = decodeSafetensors(file(text, [7]), "x");
  assertEquals(Object.entries(metadata), [["__proto__", "a"], ["toString", "b"]]);
  assertEquals([...tensors.keys()], ["__proto__"]);
  assertEquals(Object.getPrototypeOf({}), Object.prototype);
  assertEquals(header(encodeSafetensors(tensors, metadata)).trimEnd(), text);
});

Deno.test("what no reader could take is not encoded", () => {
  const one = (shape: number[], data: ElementArray = new Uint8Array(2)): NamedArray => ({
    dtype: "U8",
    shape,
    data,
  });
  const refuses = (
    tensors: [string, NamedArray][],
    metadata: Record<string, string>,
    message: string,
  ) => assertThrows(() => encodeSafetensors(new Map(tensors), metadata), RangeError, message);
  refuses([["a", one([-1, -2])]], {}, "2 elements do not make U8 [-1,-2]");
  refuses([["a", one([0.5, 4])]], {}, "U8 [0.5,4]");
  refuses([["a", one([2, NaN])]], {}, "U8 [2,NaN]");
  refuses([["a", one([2], new Int8Array(2))]], {}, "U8 [2]");
  refuses([["a\ud800", one([2])]], {}, "half a surrogate pair");
  refuses([], { a: "\udc00" }, "half a surrogate pair");
  refuses([], { a: "x".repeat(100_000_000) }, "at most 100000000");
});

const longHeader = new Uint8Array(16);
new DataView(longHeader.buffer).setBigUint64(0, 100_000_001n, true);

const MOST = Number.MAX_SAFE_INTEGER;
const hugeHeader = new Uint8Array(16);
new DataView(hugeHeader.buffer).setBigUint64(0, 2n ** 64n - 1n, true);
const odd = (shape: string, offsets = "[0,1]") =>
  file(`{"a":{"dtype":"U8","shape":${shape},"data_offsets":${offsets}}}`, [1]);

const malformed: [string, Uint8Array<ArrayBuffer>, string][] = [
  ["an empty file", new Uint8Array(), "at least 8 bytes"],
  ["a file of seven bytes", new Uint8Array(7), "at least 8 bytes"],
  ["a header above 100 MB", longHeader, "at most 100000000 bytes"],
  ["a header of 2^64 − 1 bytes", hugeHeader, "at most 100000000 bytes"],
  ["a truncated header", file("{}   ").subarray(0, 10), "must be within the file"],
  ["a header of no bytes", file(""), "must begin with {"],
  ["a header that begins with a space", file(" {}"), "must begin with {"],
  ["a header that begins with a byte order mark", file("\ufeff{}"), "must begin with {"],
  ["a header that is an array", file("[]"), "must begin with {"],
  ["a header that is not JSON", file('{"a":'), "must be plain JSON"],
  ["a header with text after it", file("{}{}"), "must be plain JSON"],
  ["a header padded with zeros", file("{}\0\0"), "must be plain JSON"],
  ["a header that is not UTF-8", file("{}").map((b, i) => i === 9 ? 0xff : b), "in UTF-8"],
  [
    "a name with a surrogate in UTF-8",
    file(`{"aaa":${tensor([1], [0, 1])}}`, [1]).map((b, i) => [0xed, 0xa0, 0x80][i - 10] ?? b),
    "in UTF-8",
  ],
  [
    "a name with half a surrogate pair",
    file(`{"\\ud800":${tensor([1], [0, 1])}}`, [1]),
    "half a surrogate pair",
  ],
  [
    "a name that occurs twice",
    file(`{"a":${tensor([1], [0, 1])},"\\u0061":${tensor([1], [0, 1])}}`, [1]),
    'the name \\"a\\" twice',
  ],
  ["metadata that occurs twice", file('{"__metadata__":{},"__metadata__":{}}'), "__metadata__"],
  [
    "a text that occurs twice",
    file('{"__metadata__":{"a":"b","a":"b"}}'),
    'the name \\"a\\" twice',
  ],
  [
    "a shape that occurs twice",
    file('{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}', [1]),
    'the name \\"shape\\" twice',
  ],
  ["metadata that is not text", file('{"__metadata__":{"a":1}}'), "object of strings"],
  ["metadata that is a list", file('{"__metadata__":["a"]}'), "object of strings"],
  ["metadata that is a text", file('{"__metadata__":"a"}'), "object of strings"],
  ["metadata of objects", file('{"__metadata__":{"a":{"b":"c"}}}'), "object of strings"],
  ["an entry that is no object", file('{"a":3}'), "the dtype of a"],
  ["an entry that is nothing", file('{"a":null}'), "the dtype of a"],
  ["an unknown type", file(`{"a":${tensor([1], [0, 1], "F8")}}`, [1]), 'got "F8"'],
  ["a type of less than a byte", file(`{"a":${tensor([2], [0, 1], "F4")}}`, [1]), 'got "F4"'],
  ["a type in small letters", file(`{"a":${tensor([1], [0, 1], "u8")}}`, [1]), 'got "u8"'],
  ["a type named as a method", file(`{"a":${tensor([1], [0, 1], "valueOf")}}`, [1]), "dtype"],
  [
    "a type that no text can be made of",
    file('{"a":{"dtype":{"toString":1,"valueOf":1},"shape":[],"data_offsets":[0,1]}}', [1]),
    "dtype",
  ],
  ["no shape", file('{"a":{"dtype":"U8","data_offsets":[0,1]}}', [1]), "the shape of a"],
  ["no offsets", file('{"a":{"dtype":"U8","shape":[1]}}', [1]), "the offsets of a"],
  ["a negative shape", odd("[-1]"), "digits alone"],
  ["a shape of minus nothing", odd("[-0]"), "digits alone"],
  ["a fractional shape", odd("[0.5]"), "digits alone"],
  ["a shape with a point", odd("[1.0]"), "digits alone"],
  ["a shape with an exponent", odd("[1e0]"), "digits alone"],
  ["a shape with a capital exponent", odd("[1E0]"), "digits alone"],
  ["a negative offset", odd("[1]", "[-1,0]"), "digits alone"],
  ["a shape of texts", odd('["1"]'), "the shape of a"],
  ["a shape of truths", odd("[true]"), "the shape of a"],
  ["a shape of nothing", odd("[null]"), "the shape of a"],
  ["a shape of lists", odd("[[1]]"), "deeper than 3"],
  ["a shape that is a number", odd("1"), "the shape of a"],
  ["a shape above 2^53", odd("[9007199254740993]"), "the shape of a"],
  ["a shape above the largest float", odd(`[1${"0".repeat(400)}]`), "the shape of a"],
  ["a shape whose product is not exact", odd(`[${MOST},${MOST}]`), "fewer than 2^53"],
  ["an empty shape whose product is not exact", odd(`[${MOST},${MOST},0]`), "fewer than 2^53"],
  [
    "a shape whose product wraps around in 64 bits",
    odd("[4294967296,4294967296,1]", "[0,0]"),
    "fewer than 2^53",
  ],
  [
    "a size in bytes that is not exact",
    file(`{"a":${tensor([MOST], [0, 8], "F64")}}`, [1, 2, 3, 4, 5, 6, 7, 8]),
    "fewer than 2^53",
  ],
  ["offsets above 2^53", odd("[1]", "[0,18446744073709551617]"), "the offsets of a"],
  ["offsets far beyond the file", odd(`[${MOST}]`, `[0,${MOST}]`), "within the 1 bytes"],
  ["offsets that run backwards", odd("[1]", "[1,0]"), "the offsets of a"],
  ["one offset", odd("[1]", "[0]"), "the offsets of a"],
  ["three offsets", odd("[1]", "[0,1,1]"), "the offsets of a"],
  ["offsets that are truths", odd("[1]", "[false,true]"), "the offsets of a"],
  ["a size that differs from the shape", odd("[2]"), "a, U8 [2], must have 2 bytes, got 1"],
  ["an unknown field", file('{"a":{"dtype":"U8","shape":[],"x":1}}'), "only"],
  ["a field named as what objects inherit", file('{"a":{"__proto__":{"dtype":"U8"}}}'), "only"],
  ["a hole at the start", file(`{"a":${tensor([1], [1, 2])}}`, [1, 2]), "must begin where"],
  [
    "a hole between tensors",
    file(`{"a":${tensor([1], [0, 1])},"b":${tensor([1], [2, 3])}}`, [1, 2, 3]),
    "b must begin where the one before it ends, at 1, got 2",
  ],
  [
    "an empty tensor in a hole",
    file(`{"a":${tensor([1], [0, 1])},"b":${tensor([0], [2, 2])}}`, [1, 2]),
    "b must begin where the one before it ends, at 1, got 2",
  ],
  [
    "tensors that overlap",
    file(`{"a":${tensor([2], [0, 2])},"b":${tensor([2], [1, 3])}}`, [1, 2, 3]),
    "must begin where",
  ],
  [
    "tensors of the same bytes",
    file(`{"a":${tensor([1], [0, 1])},"b":${tensor([1], [0, 1])}}`, [1]),
    "b must begin where",
  ],
  ["data after the last tensor", file(`{"a":${tensor([1], [0, 1])}}`, [1, 2]), "cover all 2"],
  ["data without tensors", file("{}", [1]), "cover all 1"],
  ["truncated data", file(`{"a":${tensor([2], [0, 2])}}`, [1]), "within the 1 bytes"],
  ["deep nesting", file(`{"a":${"[".repeat(1e6)}`), "deeper than 3"],
  [
    "deep nesting that ends",
    file(`{"__metadata__":${"[".repeat(1e6)}${"]".repeat(1e6)}}`),
    "deeper than 3",
  ],
  ["quotes upon quotes", file(`{"${'\\"'.repeat(1e6)}`), "plain JSON"],
  ["a name of many millions of letters", file(`{"${"a".repeat(2e7)}":0}`), "the dtype of"],
];

for (const [what, bytes, message] of malformed) {
  Deno.test(`${what} is a DataError that names the file`, () => {
    const error = assertThrows(() => decodeSafetensors(bytes, "run/x.safetensors"), DataError);
    assert(error.message.length < 1000, "a line for a person");
    assertStringIncludes(error.message, "Cannot read run/x.safetensors as safetensors: ");
    assertStringIncludes(error.message, message);
  });
}

Deno.test("a file is known by its first nine bytes", () => {
  assert(isSafetensors(encodeSafetensors(new Map(), {})));
  assert(isSafetensors(file("{}").subarray(0, 9)));
  assert(!isSafetensors(file("[]")));
  assert(!isSafetensors(new Uint8Array(8)));
  assert(!isSafetensors(file("{}").map((byte, i) => i === 4 ? 1 : byte)));
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DataError } from "../../../lib/errors.ts";
import { DTYPES, elementBytes, isDtype, toElements } from "../../../lib/interop/named_array.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type NamedArray,
} from "../../../lib/interop/safetensors.ts";

/** Text of any code points, and names that objects inherit. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("", "__proto__", "constructor", "toString", "dtype", "7", "\0", '\\"', "\u2028"),
);

/** Tensors of every type, of rank 0 to 3, of any bits. */
const array: fc.Arbitrary<NamedArray> = fc
  .record({
    dtype: fc.constantFrom(...DTYPES.filter(isDtype)),
    shape: fc.array(fc.nat(3), { maxLength: 3 }),
    seed: fc.nat(255),
  })
  .map(({ dtype, shape, seed }) => {
    const length = shape.reduce((product, n) => product * n, 1) * elementBytes(dtype);
    const bytes = Uint8Array.from({ length }, (_, i) => (seed + 37 * i) % 256);
    return { dtype, shape, data: toElements(dtype, bytes) };
  });

const contents = fc.record({
  tensors: fc.uniqueArray(fc.tuple(text.filter((name) => name !== "__metadata__"), array), {
    selector: ([name]) => name,
    maxLength: 5,
  }),
  metadata: fc.array(fc.tuple(text, text), { maxLength: 3 }),
}).map(({ tensors, metadata }) => ({
  tensors: new Map(tensors),
  metadata: Object.fromEntries(metadata),
}));

const file = contents.map(({ tensors, metadata }) => encodeSafetensors(tensors, metadata));

const bytesOf = ({ data }: NamedArray) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const plain = (tensors: ReadonlyMap<string, NamedArray>) =>
  [...tensors].map(([name, array]) => [name, array.dtype, array.shape, [...bytesOf(array)]])
    .sort(([a], [b]) => String(a) < String(b) ? -1 : 1);

/** What was read is a whole file that keeps the rules, or a DataError was thrown; nothing else. */
function readsOrRefuses(bytes: Uint8Array<ArrayBuffer>): void {
  let file;
  try {
    file = decodeSafetensors(bytes, "x");
  } catch (error) {
    assert(error instanceof DataError, `${error}`);
    return;
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const data = [...file.tensors.values()].flatMap((array) => {
    assertEquals(array.data.length, array.shape.reduce((product, n) => product * n, 1));
    return [...bytesOf(array)];
  });
  assertEquals(data, [...bytes.subarray(8 + length)]);
  // And it means the same when it is written again.
  const again = decodeSafetensors(encodeSafetensors(file.tensors, file.metadata), "x");
  assertEquals(plain(again.tensors), plain(file.tensors));
  assertEquals(Object.entries(again.metadata), Object.entries(file.metadata));
}

Deno.test("whatever is encoded is decoded, bit by bit", () => {
  fc.assert(
    fc.property(contents, ({ tensors, metadata }) => {
      const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata), "x");
      assertEquals(plain(decoded.tensors), plain(tensors));
      assertEquals(
        Object.entries(decoded.metadata).sort(),
        Object.entries(metadata).sort(),
      );
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("a file with any byte changed keeps the rules or is a DataError", () => {
  fc.assert(
    fc.property(file, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, place, flip) => {
      const changed = bytes.slice();
      changed[place % bytes.length] ^= flip;
      readsOrRefuses(changed);
    }),
    { seed: 2, numRuns: 2000 },
  );
});

Deno.test("a file that is too short or too long is a DataError", () => {
  fc.assert(
    fc.property(
      file,
      fc.nat(),
      fc.uint8Array({ minLength: 1, maxLength: 9 }),
      (bytes, at, more) => {
        for (
          const changed of [bytes.slice(0, at % bytes.length), new Uint8Array([...bytes, ...more])]
        ) {
          try {
            decodeSafetensors(changed, "x");
          } catch (error) {
            assert(error instanceof DataError, `${error}`);
            continue;
          }
          throw new Error("read");
        }
      },
    ),
    { seed: 3, numRuns: 300 },
  );
});

Deno.test("a header with anything put into it keeps the rules or is a DataError", () => {
  const pieces = fc.constantFrom(
    '{}[]",:\\/-+.eE0123456789 \n\0'.split(""),
    [
      "null",
      "true",
      "[[",
      "]]",
      "{{",
      "1e309",
      '"__metadata__":{}',
      '"a":{}',
      "\\u0000",
      "\\ud800",
    ],
    ["dtype", "shape", "data_offsets", "U8", "F8_E4M3", "F4", "9007199254740993"],
  ).chain((list) => fc.constantFrom(...list));
  fc.assert(
    fc.property(file, fc.nat(), fc.nat(9), pieces, (bytes, place, removed, piece) => {
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      const header = bytes.subarray(8, 8 + length);
      const at = place % length;
      const changed = [
        ...header.subarray(0, at),
        ...new TextEncoder().encode(piece),
        ...header.subarray(at + removed),
      ];
      const result = new Uint8Array([
        ...bytes.subarray(0, 8),
        ...changed,
        ...bytes.subarray(8 + length),
      ]);
      new DataView(result.buffer).setBigUint64(0, BigInt(changed.length), true);
      readsOrRefuses(result);
    }),
    { seed: 4, numRuns: 2000 },
  );
});

Deno.test("any bytes at all are a DataError, or a file", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(70), (bytes, length) => {
      readsOrRefuses(bytes.slice());
      // Behind a length that may fit.
      const framed = new Uint8Array(9 + bytes.length);
      framed.set([length, 0, 0, 0, 0, 0, 0, 0, 0x7b]);
      framed.set(bytes, 9);
      readsOrRefuses(framed);
    }),
    { seed: 5, numRuns: 1000 },
  );
});

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DataError } from "../../../lib/errors.ts";
import { isZip, readStoredZip } from "../../../lib/interop/stored_zip.ts";
import { failAsData } from "../../support/fail_as_data.ts";
import { latin } from "../../support/pickles.ts";
import { storedZip, type ZipEntry } from "../../support/stored_zip.ts";

const entries: ZipEntry[] = [
  { name: "archive/data.pkl", data: latin("abc") },
  { name: "archive/data/0", data: new Uint8Array() },
  { name: "archive/data/é", data: latin("\x00\xff") },
];
const read = (bytes: Uint8Array<ArrayBuffer>) => readStoredZip(bytes, failAsData);
const contents = new Map(entries.map(({ name, data }) => [name, data]));

Deno.test("entries are views of the archive's bytes, by name", () => {
  const bytes = storedZip(entries);
  const found = read(bytes);
  assertEquals(found, contents);
  for (const data of found.values()) assertStrictEquals(data.buffer, bytes.buffer);
  assertEquals([isZip(bytes), isZip(latin("PK\x05\x06")), isZip(latin("PK"))], [
    true,
    false,
    false,
  ]);
});

Deno.test("an archive with zip64 records, or with a comment, is read all the same", () => {
  const wide = entries.map((entry) => ({ ...entry, wide: true }));
  assertEquals(read(storedZip(wide, true)), contents);
  assertEquals(read(storedZip(entries, true)), contents);
  const bytes = storedZip(entries);
  const commented = Uint8Array.from([...bytes.subarray(0, -2), 3, 0, ...latin("abc")]);
  assertEquals(read(commented), contents);
});

const one = (changes: Partial<ZipEntry>) => storedZip([{ ...entries[0], ...changes }]);
const patched = (at: number, ...values: number[]) => {
  const bytes = storedZip(entries);
  bytes.set(values, at < 0 ? bytes.length + at : at);
  return bytes;
};
const directory = storedZip(entries).length - 22 -
  entries.reduce((sum, { name }) => sum + 46 + new TextEncoder().encode(name).length, 0);

const malformed: [string, Uint8Array<ArrayBuffer>, string][] = [
  ["of nothing", new Uint8Array(), "directory at the end"],
  ["without its end", storedZip(entries).slice(0, -1), "directory at the end"],
  ["whose directory is elsewhere", patched(-6, 1), "the directory must end at byte"],
  ["whose directory is longer than it", patched(-10, 255, 255), "the directory must end at byte"],
  ["that counts its entries wrong", patched(-12, 4), "must have 4 entries, got 3"],
  ["whose directory is no directory", patched(directory, 0), "an entry of the directory"],
  ["with a wrong checksum", one({ checksum: 7 }), "archive/data.pkl must have the checksum 7"],
  ["with changed bytes", patched(30 + entries[0].name.length, 9), "must have the checksum"],
  [
    "with one name twice",
    storedZip([entries[0], entries[0]]),
    "each name must be in the archive only once",
  ],
  ["with entries that overlap", storedZip([entries[0], { ...entries[2], offset: 0 }]), "after the"],
  ["with another name in the header", one({ localName: "archive/data.pkX" }), "the same name"],
  ["with a header that is not there", one({ offset: 3 }), "must begin with its header"],
  ["with an entry beyond it", one({ offset: 2 ** 31 }), "bytes must follow"],
  ["with a size beyond it", one({ size: 2 ** 31, packedSize: 2 ** 31 }), "2147483648 bytes"],
  ["with a size of 2⁵³", one({ size: 2 ** 53, packedSize: 2 ** 53, wide: true }), "bytes must"],
  ["with a zip64 size that is nowhere", one({ size: 2 ** 32 - 1 }), "must have a zip64 field"],
  ["with two sizes", one({ packedSize: 2 }), "neither compressed nor encrypted"],
  ["that is compressed", one({ method: 8 }), 'encrypted, got "method 8"'],
  ["that is encrypted", one({ flags: 1 }), "neither compressed nor encrypted"],
  ["with an absolute path", one({ name: "/etc/passwd" }), 'relative paths, got "/etc/passwd"'],
  ["with a path upwards", one({ name: "archive/../../x" }), "relative paths"],
  ["with a path of Windows", one({ name: "C:\\x" }), "relative paths"],
  ["with an empty name", one({ name: "" }), "relative paths"],
];

for (const [what, bytes, message] of malformed) {
  Deno.test(`an archive ${what} is a DataError`, () => {
    assertThrows(() => read(bytes), DataError, message);
  });
}

Deno.test("an archive cut anywhere, or with a byte changed, is a DataError or the same", () => {
  const bytes = storedZip(entries, true);
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(() => read(bytes.slice(0, length)), DataError);
  }
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = bytes.slice();
      changed[at] = byte;
      try {
        assertEquals([...read(changed).values()], [...contents.values()]);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});

import { assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { openRecords, readRecords } from "../../../lib/data/records.ts";
import { DataError } from "../../../lib/errors.ts";
import { inFolder } from "../../support/folders.ts";

Deno.test("records are read in any order, one or several at a time", () =>
  inFolder(async (folder) => {
    const path = join(folder, "records.bin");
    await Deno.writeFile(path, Uint8Array.of(0, 1, 10, 11, 20, 21));
    const records = openRecords(path, 2);
    const two = new Uint8Array(2);
    records.read(2, two);
    assertEquals([...two], [20, 21]);
    records.read(0, two);
    assertEquals([...two], [0, 1]);
    const four = new Uint8Array(4);
    records.read(1, four);
    assertEquals([...four], [10, 11, 20, 21]);
    assertEquals(records.length, 3);
    records.close();
    assertEquals([...readRecords(path, 3)], [0, 1, 10, 11, 20, 21]);
  }));

Deno.test("a truncated file of records is a DataError with the size it should have", () =>
  inFolder(async (folder) => {
    const path = join(folder, "records.bin");
    await Deno.writeFile(path, new Uint8Array(3073 * 2 - 1));
    assertThrows(
      () => openRecords(path, 3073),
      DataError,
      'a multiple of 3,073 bytes, as 6,146 bytes, got "6,145 bytes". The file is truncated',
    );
    await Deno.writeFile(path, new Uint8Array(0));
    assertThrows(() => openRecords(path, 3073), DataError, 'as 3,073 bytes, got "0 bytes"');
  }));

Deno.test("a file that shrinks while it is open is a DataError", () =>
  inFolder(async (folder) => {
    const path = join(folder, "records.bin");
    await Deno.writeFile(path, new Uint8Array(20));
    const records = openRecords(path, 10);
    await Deno.truncate(path, 15);
    assertThrows(() => records.read(1, new Uint8Array(10)), DataError, "must keep its 20 bytes");
    records.close();
  }));

Deno.test("a file that is missing or unreadable is a DataError that names it", () =>
  inFolder(async (folder) => {
    const missing = join(folder, "missing.bin");
    assertThrows(() => openRecords(missing, 1), DataError, `Cannot read ${missing}`);
    // A folder opens like a file, and fails when it is read.
    const unreadable = join(folder, "unreadable.bin");
    await Deno.mkdir(unreadable);
    assertThrows(() => readRecords(unreadable, 1), DataError, `Cannot read ${unreadable}`);
  }));

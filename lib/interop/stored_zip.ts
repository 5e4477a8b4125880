/**
 * Zip archives whose entries are stored and not compressed, as `torch.save` writes them. Entries
 * are views of the archive's bytes, which no zip library gives: a checkpoint of hundreds of
 * megabytes is in memory once. What such a library leaves to its caller is checked here: checksums,
 * names that stand twice, entries that overlap, and local headers that differ from the directory.
 *
 * Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 (layout) and 4.5.3 (zip64).
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { ByteReader, type Fail, readText } from "./byte_reader.ts";

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_HEADER = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;

const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const MAX_COMMENT = 0xffff;
/** Stands for a number that is in the zip64 field. */
const IN_ZIP64 = 0xffffffff;
const ZIP64_FIELD = 1;
const ENCRYPTED = 1;

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** The contents of the entries by name, as views of `bytes`. Breaches of the format go to `fail`. */
export function readStoredZip(
  bytes: Uint8Array<ArrayBuffer>,
  fail: Fail,
): Map<string, Uint8Array<ArrayBuffer>> {
  const { count, offset, end } = findDirectory(bytes, fail);
  const entries: Entry[] = [];
  const directory = new ByteReader(bytes.subarray(0, end), fail, offset);
  while (directory.at < end) entries.push(readEntry(directory, fail));
  if (entries.length !== count) fail(`the directory must have ${count} entries`, entries.length);
  entries.sort((a, b) => a.offset - b.offset);
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  let free = 0;
  for (const entry of entries) {
    const { name, size, checksum } = entry;
    if (contents.has(name)) fail("each name must be in the archive only once", name);
    if (entry.offset < free) fail(`${name} must begin after the entry before it`, entry.offset);
    const local = new ByteReader(bytes.subarray(0, offset), fail, entry.offset);
    skipLocalHeader(local, name, fail);
    const data = local.take(size);
    if (crc32(data) !== checksum) fail(`${name} must have the checksum ${checksum}`, crc32(data));
    contents.set(name, data);
    free = local.at;
  }
  return contents;
}

interface Entry {
  readonly name: string;
  readonly size: number;
  readonly checksum: number;
  readonly offset: number;
}

/** How many entries the central directory has, where it begins and ends. */
function findDirectory(
  bytes: Uint8Array<ArrayBuffer>,
  fail: Fail,
): { count: number; offset: number; end: number } {
  const at = findEnd(bytes);
  if (at === undefined) return fail("a zip archive must have its directory at the end", "none");
  const end = new ByteReader(bytes, fail, at + 10);
  let [count, size, offset] = [end.uint16(), end.uint32(), end.uint32()];
  let limit = at;
  if (at >= LOCATOR_BYTES) {
    const locator = new ByteReader(bytes, fail, at - LOCATOR_BYTES);
    if (locator.uint32() === END_64_LOCATOR) {
      locator.take(4);
      limit = locator.uint64();
      const end64 = new ByteReader(bytes, fail, limit);
      if (end64.uint32() !== END_64) fail("the zip64 directory must end in its record", "another");
      end64.take(28);
      [count, size, offset] = [end64.uint64(), end64.uint64(), end64.uint64()];
    }
  }
  if (offset + size !== limit) {
    fail(`the directory must end at byte ${limit}`, offset + size);
  }
  return { count, offset, end: limit };
}

/** Where the last record is; a comment may follow it. */
function findEnd(bytes: Uint8Array<ArrayBuffer>): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = bytes.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === last - at) return at;
  }
}

function readEntry(directory: ByteReader, fail: Fail): Entry {
  if (directory.uint32() !== DIRECTORY_HEADER) {
    fail(`an entry of the directory must be before byte ${directory.at}`, "something else");
  }
  directory.take(4);
  const [flags, method] = [directory.uint16(), directory.uint16()];
  directory.take(4);
  const checksum = directory.uint32();
  const [packed, unpacked] = [directory.uint32(), directory.uint32()];
  const [nameLength, extraLength, commentLength] = [
    directory.uint16(),
    directory.uint16(),
    directory.uint16(),
  ];
  directory.take(8);
  const local = directory.uint32();
  const name = readText(directory.take(nameLength), fail);
  if (!/^[^/\\]+(\/[^/\\]+)*\/?$/.test(name) || name.split("/").includes("..")) {
    fail("the names in the archive must be relative paths", name);
  }
  const [size, packedSize, offset] = widened(
    [unpacked, packed, local],
    directory.take(extraLength),
    fail,
  );
  directory.take(commentLength);
  if (method !== 0 || packedSize !== size || (flags & ENCRYPTED) !== 0) {
    fail(
      `${name} must be stored as torch.save does, neither compressed nor encrypted`,
      `method ${method}`,
    );
  }
  return { name, size, checksum, offset };
}

/** The numbers, those of them that are in the zip64 field from there. */
function widened(
  numbers: readonly number[],
  extra: Uint8Array<ArrayBuffer>,
  fail: Fail,
): number[] {
  if (!numbers.includes(IN_ZIP64)) return [...numbers];
  for (const fields = new ByteReader(extra, fail); fields.at < extra.length;) {
    const id = fields.uint16();
    const field = new ByteReader(fields.take(fields.uint16()), fail);
    if (id === ZIP64_FIELD) return numbers.map((n) => n === IN_ZIP64 ? field.uint64() : n);
  }
  return fail("an entry of 4 GiB or more must have a zip64 field", "none");
}

/** Passes the header before an entry's contents, which must name the same entry. */
function skipLocalHeader(local: ByteReader, name: string, fail: Fail): void {
  if (local.uint32() !== LOCAL_HEADER) fail(`${name} must begin with its header`, "something else");
  local.take(22);
  const [nameLength, extraLength] = [local.uint16(), local.uint16()];
  const localName = readText(local.take(nameLength), fail);
  if (localName !== name) fail(`${name} must have the same name in its header`, localName);
  local.take(extraLength);
}

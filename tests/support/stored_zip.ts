/** Zip archives of stored entries, well or badly formed, made for a test. */
import { crc32 } from "node:zlib";

/** An entry, with what a bad archive says of it in place of the truth. */
export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly checksum?: number;
  readonly localName?: string;
  readonly method?: number;
  readonly flags?: number;
  readonly size?: number;
  readonly packedSize?: number;
  readonly offset?: number;
  /** Whether sizes and offset are in a zip64 field. */
  readonly wide?: boolean;
}

/** The archive; `wide` adds the zip64 records of the end. */
export function storedZip(entries: readonly ZipEntry[], wide = false): Uint8Array<ArrayBuffer> {
  const parts: number[] = [];
  const directory: number[] = [];
  for (const entry of entries) {
    const { name, data, checksum = crc32(data), method = 0, flags = 0 } = entry;
    const { localName = name, offset = parts.length, size = data.length } = entry;
    const { packedSize = data.length } = entry;
    const common = [...u16(flags), ...u16(method), ...u32(0), ...u32(checksum)];
    parts.push(...u32(0x04034b50), ...u16(20), ...common, ...u32(packedSize), ...u32(size));
    parts.push(...u16(text(localName).length), ...u16(0), ...text(localName), ...data);
    // Another field comes first, which readers have to pass.
    const extra = entry.wide
      ? [
        ...u16(0x4246),
        ...u16(1),
        0,
        ...u16(1),
        ...u16(24),
        ...[size, packedSize, offset].flatMap(u64),
      ]
      : [];
    const numbers = [packedSize, size].map((n) => entry.wide ? 0xffffffff : n);
    directory.push(...u32(0x02014b50), ...u16(20), ...u16(20), ...common, ...numbers.flatMap(u32));
    directory.push(
      ...u16(text(name).length),
      ...u16(extra.length),
      ...u16(0),
      ...u32(0),
      ...u32(0),
    );
    directory.push(...u32(entry.wide ? 0xffffffff : offset), ...text(name), ...extra);
  }
  const start = parts.length;
  parts.push(...directory);
  if (wide) {
    const at = parts.length;
    parts.push(...u32(0x06064b50), ...u64(44), ...u16(45), ...u16(45), ...u32(0), ...u32(0));
    parts.push(...[entries.length, entries.length, directory.length, start].flatMap(u64));
    parts.push(...u32(0x07064b50), ...u32(0), ...u64(at), ...u32(1));
  }
  const count = u16(wide ? 0xffff : entries.length);
  const sizes = [directory.length, start].map((n) => wide ? 0xffffffff : n);
  parts.push(...u32(0x06054b50), ...u32(0), ...count, ...count, ...sizes.flatMap(u32), ...u16(0));
  return Uint8Array.from(parts);
}

const u16 = (n: number) => [n & 0xff, n >> 8];
const u32 = (n: number) => [0, 8, 16, 24].map((shift) => n >>> shift & 0xff);
const u64 = (n: number) => [...u32(n), ...u32(Math.floor(n / 2 ** 32))];
const text = (text: string) => new TextEncoder().encode(text);

/**
 * Fields of protocol buffers, written one after another.
 *
 * @module
 */
import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Writes an embedded message, whose fields `write` writes. */
export function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

export function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

export function bytes(writer: BinaryWriter, field: number, value: Uint8Array): void {
  writer.tag(field, WireType.LengthDelimited).bytes(value);
}

/** Writes an int32, int64 or enum. */
export function integer(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

export function float(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Bit32).float(value);
}

export function double(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Bit64).double(value);
}

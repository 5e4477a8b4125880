import { assertEquals } from "@std/assert";
import { crc32c } from "@aws-crypto/crc32c";
import { tfRecord } from "../../../lib/tensorboard/event.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (number: number) => number.toString(16).padStart(8, "0");

Deno.test("the checksum is that of RFC 3720", () => {
  assertEquals(hex(crc32c(bytes("123456789"))), "e3069283");
  // Appendix B.4 of the RFC, whose bytes are little-endian.
  assertEquals(hex(crc32c(new Uint8Array(32))), "8a9136aa");
  assertEquals(hex(crc32c(new Uint8Array(32).fill(0xff))), "62a8ab43");
  assertEquals(hex(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))), "46dd794e");
});

Deno.test("a record is its length, data, and a masked checksum of either", () => {
  const data = bytes("123456789");
  const record = tfRecord(data);
  const view = new DataView(record.buffer);
  assertEquals(record.length, 8 + 4 + 9 + 4);
  assertEquals(view.getBigUint64(0, true), 9n);
  assertEquals(record.subarray(12, 21), data);
  // e3069283 rotated right by 15 bits is 2507c60d; the mask adds a282ead8.
  assertEquals(hex(view.getUint32(21, true)), hex(0x2507c60d + 0xa282ead8));
});

Deno.test("the first bytes are those of every event file of TensorFlow", () => {
  // The first record has 24 bytes.
  const head = tfRecord(new Uint8Array(24)).subarray(0, 12);
  assertEquals(head, Uint8Array.of(0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22));
});

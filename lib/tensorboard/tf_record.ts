/**
 * TFRecord, the framing of event files.
 *
 * @module
 */
import { crc32c } from "@aws-crypto/crc32c";

/**
 * One record: the length of `data` (uint64), its masked CRC-32C (uint32), `data`, and its masked
 * CRC-32C, all little-endian. A file is records one after another, as described at
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details.
 */
export function tfRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return record;
}

/** A checksum that is itself checksummed, as part of a file, is masked: rotated and shifted. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}

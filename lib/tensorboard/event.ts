/**
 * The messages of event files, as protocol buffers. The numbers of the fields are those of
 * `event.proto`, `summary.proto` and `tensor.proto` in
 * https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto, each named beside
 * its use; those of the hyperparameters plugin are from `plugin_data.proto` in
 * https://github.com/tensorflow/tensorboard/tree/master/tensorboard/plugins/hparams.
 *
 * @module
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { crc32c } from "@aws-crypto/crc32c";
import { bytes, double, float, integer, message, text } from "../interop/wire.ts";

/** A value under a tag: `train/loss`. */
export type Summary = { readonly tag: string } & SummaryValue;

type SummaryValue =
  /** A point of a curve. */
  | { readonly scalar: number }
  /** Markdown. */
  | { readonly markdown: string }
  /** A PNG file. */
  | { readonly png: Uint8Array; readonly width: number; readonly height: number }
  /** A message to the hyperparameters plugin. */
  | { readonly hparams: Uint8Array };

export interface Event {
  /** When, in seconds since 1970. */
  readonly wallTime: number;
  /** Steps done. */
  readonly step: number;
  /**
   * The version of the format, first in every file; or the start of a session, on which TensorBoard
   * forgets what earlier files of the folder told of this step and later ones; or values.
   */
  readonly what: "version" | "start" | readonly Summary[];
}

/** `DataType` of tensors. */
const DT_FLOAT = 1;
const DT_STRING = 7;

export function eventRecord({ wallTime, step, what }: Event): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  // Event
  double(writer, 1, wallTime); // wall_time
  integer(writer, 2, step); // step
  if (what === "version") text(writer, 3, "brain.Event:2"); // file_version
  else if (what === "start") {
    message(writer, 7, () => integer(writer, 1, 1)); // session_log: SessionLog, status START
  } else {
    message(writer, 5, () => { // summary: Summary
      for (const summary of what) message(writer, 1, () => writeSummary(writer, summary)); // value
    });
  }
  return tfRecord(writer.finish());
}

function writeSummary(writer: BinaryWriter, summary: Summary): void {
  // Summary.Value
  text(writer, 1, summary.tag); // tag
  if ("scalar" in summary) {
    float(writer, 2, summary.scalar); // simple_value
  } else if ("png" in summary) {
    message(writer, 4, () => { // image: Summary.Image
      integer(writer, 1, summary.height); // height
      integer(writer, 2, summary.width); // width
      integer(writer, 3, 3); // colorspace: RGB
      bytes(writer, 4, summary.png); // encoded_image_string
    });
  } else if ("markdown" in summary) {
    writeMetadata(writer, "text");
    message(writer, 8, () => { // tensor: TensorProto, a scalar
      integer(writer, 1, DT_STRING); // dtype
      message(writer, 2, () => {}); // tensor_shape: TensorShapeProto
      text(writer, 8, summary.markdown); // string_val
    });
  } else {
    writeMetadata(writer, "hparams", summary.hparams);
    message(writer, 8, () => { // tensor: TensorProto, an empty one
      integer(writer, 1, DT_FLOAT); // dtype
      message(writer, 2, () =>
        // tensor_shape: TensorShapeProto
        message(writer, 2, () => integer(writer, 1, 0))); // dim: Dim, size
    });
  }
}

function writeMetadata(writer: BinaryWriter, plugin: string, content?: Uint8Array): void {
  message(writer, 9, () => { // metadata: SummaryMetadata
    message(writer, 1, () => { // plugin_data: PluginData
      text(writer, 1, plugin); // plugin_name
      if (content) bytes(writer, 2, content); // content
    });
    integer(writer, 4, 2); // data_class: DATA_CLASS_TENSOR
  });
}

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

/** Options by name, as `config.json` has them. */
export type Options = Readonly<Record<string, unknown>>;

/** The run's options, and when it began, in seconds since 1970. */
export function sessionStart(options: Options, wallTime: number): Summary {
  const writer = new BinaryWriter();
  // HParamsPluginData
  message(writer, 3, () => { // session_start_info: SessionStartInfo
    for (const [name, value] of Object.entries(options)) {
      message(writer, 1, () => { // hparams: map<string, google.protobuf.Value>
        text(writer, 1, name);
        message(writer, 2, () => writeValue(writer, value));
      });
    }
    double(writer, 5, wallTime); // start_time_secs
  });
  return { tag: "_hparams_/session_start_info", hparams: writer.finish() };
}

/** That the run ended well, and when. */
export function sessionEnd(wallTime: number): Summary {
  const writer = new BinaryWriter();
  // HParamsPluginData
  message(writer, 4, () => { // session_end_info: SessionEndInfo
    integer(writer, 1, 1); // status: STATUS_SUCCESS
    double(writer, 2, wallTime); // end_time_secs
  });
  return { tag: "_hparams_/session_end_info", hparams: writer.finish() };
}

function writeValue(writer: BinaryWriter, value: unknown): void {
  // google.protobuf.Value; the plugin takes no lists.
  if (typeof value === "number") double(writer, 2, value); // number_value
  else if (typeof value === "boolean") writer.tag(4, WireType.Varint).bool(value); // bool_value
  else text(writer, 3, optionText(value)); // string_value
}

/** An option's value for a person. */
export function optionText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

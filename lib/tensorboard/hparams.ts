/**
 * What TensorBoard's hyperparameters plugin is told of a run, as protocol buffers. The numbers of
 * the fields are those of `plugin_data.proto` in
 * https://github.com/tensorflow/tensorboard/tree/master/tensorboard/plugins/hparams.
 *
 * @module
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Summary } from "./event.ts";
import { double, integer, message, text } from "../interop/wire.ts";

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

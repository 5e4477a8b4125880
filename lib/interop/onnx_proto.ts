/**
 * The part of the ONNX format that networks need, written as protocol buffers. The numbers of the
 * fields are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3, each named beside its
 * use.
 *
 * @module
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { bytes, float, integer, message, text } from "./wire.ts";

/** The version of the format, that of ONNX 1.12, which brought {@linkcode OPSET}. */
const IR_VERSION = 8;
/** The version of the operators. */
export const OPSET = 17;

/** `TensorProto.DataType`. */
const FLOAT = 1;
const UINT8 = 2;
const INT64 = 7;

/** An attribute of an operator: ONNX has separate types for integers and floats. */
export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly text: string };

/** What `Cast` takes as its attribute `to`, for float32. */
export const CAST_FLOAT: OnnxAttribute = { int: FLOAT };

export interface OnnxNode {
  /** Its name, for messages of runtimes. */
  readonly name: string;
  /** Which operator: `Conv`. */
  readonly opType: string;
  /** The names of the values it takes. */
  readonly inputs: readonly string[];
  /** The name of the value it gives. */
  readonly output: string;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxConstant {
  readonly name: string;
  /** Its shape, [] for a scalar. */
  readonly shape: readonly number[];
  /** Its elements, row-major: float32 or int64. */
  readonly data: Float32Array | BigInt64Array;
}

/** An input or output of the network. */
export interface OnnxValue {
  readonly name: string;
  /** Its axes: a length, or a name where every length is taken. */
  readonly shape: readonly (number | string)[];
  readonly type: "float32" | "uint8";
  /** A sentence on what the value is, for whoever opens the file. */
  readonly description: string;
}

export interface OnnxModel {
  readonly version: string;
  readonly name: string;
  /** The operators, each after those whose values it takes. */
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly input: OnnxValue;
  readonly outputs: readonly OnnxValue[];
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of an `.onnx` file. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const writer = new BinaryWriter();
  // ModelProto
  integer(writer, 1, IR_VERSION); // ir_version
  text(writer, 2, "tauplus"); // producer_name
  text(writer, 3, model.version); // producer_version
  message(writer, 7, () => writeGraph(writer, model)); // graph
  message(writer, 8, () => { // opset_import: OperatorSetIdProto
    text(writer, 1, ""); // domain
    integer(writer, 2, OPSET); // version
  });
  for (const [key, value] of Object.entries(model.metadata)) {
    message(writer, 14, () => { // metadata_props: StringStringEntryProto
      text(writer, 1, key); // key
      text(writer, 2, value); // value
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, { name, nodes, constants, input, outputs }: OnnxModel) {
  // GraphProto
  for (const node of nodes) message(writer, 1, () => writeNode(writer, node)); // node
  text(writer, 2, name); // name
  for (const tensor of constants) message(writer, 5, () => writeTensor(writer, tensor)); // initializer
  message(writer, 11, () => writeValue(writer, input)); // input
  for (const output of outputs) message(writer, 12, () => writeValue(writer, output)); // output
}

function writeNode(writer: BinaryWriter, { name, opType, inputs, output, attributes }: OnnxNode) {
  // NodeProto
  for (const input of inputs) text(writer, 1, input); // input
  text(writer, 2, output); // output
  text(writer, 3, name); // name
  text(writer, 4, opType); // op_type
  for (const [key, value] of Object.entries(attributes)) {
    message(writer, 5, () => writeAttribute(writer, key, value)); // attribute
  }
}

function writeAttribute(writer: BinaryWriter, name: string, value: OnnxAttribute) {
  // AttributeProto, whose `type` (20) is an AttributeType
  text(writer, 1, name); // name
  if ("float" in value) {
    float(writer, 2, value.float); // f
    integer(writer, 20, 1); // FLOAT
  } else if ("int" in value) {
    integer(writer, 3, value.int); // i
    integer(writer, 20, 2); // INT
  } else if ("text" in value) {
    text(writer, 4, value.text); // s
    integer(writer, 20, 3); // STRING
  } else {
    for (const int of value.ints) integer(writer, 8, int); // ints
    integer(writer, 20, 7); // INTS
  }
}

function writeTensor(writer: BinaryWriter, { name, shape, data }: OnnxConstant) {
  // TensorProto
  for (const length of shape) integer(writer, 1, length); // dims
  integer(writer, 2, data instanceof Float32Array ? FLOAT : INT64); // data_type
  text(writer, 8, name); // name
  // raw_data, little-endian
  bytes(writer, 9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValue(writer: BinaryWriter, { name, shape, type, description }: OnnxValue) {
  // ValueInfoProto
  text(writer, 1, name); // name
  message(writer, 2, () =>
    // type: TypeProto
    message(writer, 1, () => { // tensor_type: TypeProto.Tensor
      integer(writer, 1, type === "uint8" ? UINT8 : FLOAT); // elem_type
      message(writer, 2, () => { // shape: TensorShapeProto
        for (const axis of shape) {
          message(writer, 1, () => { // dim: Dimension
            if (typeof axis === "number") integer(writer, 1, axis); // dim_value
            else text(writer, 2, axis); // dim_param
          });
        }
      });
    }));
  text(writer, 3, description); // doc_string
}

import { assertEquals } from "@std/assert";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { encodeOnnx } from "../../../lib/interop/onnx_proto.ts";

type Fields = Record<number, (bigint | Uint8Array)[]>;

/** The fields of a message by number, as they stand. */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = {};
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.Varint) (fields[number] ??= []).push(BigInt(reader.uint64()));
    else if (type === WireType.LengthDelimited) (fields[number] ??= []).push(reader.bytes());
    else reader.skip(type);
  }
  return fields;
}

const texts = (fields: Fields, number: number) =>
  (fields[number] ?? []).map((field) => new TextDecoder().decode(field as Uint8Array));
const messages = (fields: Fields, number: number) =>
  (fields[number] ?? []).map((field) => fieldsOf(field as Uint8Array));

Deno.test("a file has its producer, its operator set and its metadata", () => {
  const fields = fieldsOf(encodeOnnx({
    version: "1.2.3",
    name: "net",
    nodes: [{ name: "n", opType: "Relu", inputs: ["image"], output: "feature", attributes: {} }],
    constants: [{ name: "c", shape: [2, 1], data: Float32Array.of(1, -2) }],
    input: { name: "image", shape: ["batch", 3], type: "uint8", description: "pixels" },
    outputs: [{ name: "feature", shape: ["batch", 3], type: "float32", description: "" }],
    metadata: { mean: "[0.5]", encoder: "conv" },
  }));
  assertEquals(fields[1], [8n]);
  assertEquals([...texts(fields, 2), ...texts(fields, 3)], ["tauplus", "1.2.3"]);
  assertEquals(messages(fields, 8).map((opset) => opset[2]), [[17n]]);
  const metadata = messages(fields, 14).map((entry) => [texts(entry, 1)[0], texts(entry, 2)[0]]);
  assertEquals(Object.fromEntries(metadata), { mean: "[0.5]", encoder: "conv" });
  const [graph] = messages(fields, 7);
  assertEquals(texts(graph, 2), ["net"]);
  assertEquals(messages(graph, 1).map((node) => texts(node, 4)), [["Relu"]]);
  const [constant] = messages(graph, 5);
  assertEquals([constant[1], constant[2], texts(constant, 8)], [[2n, 1n], [1n], ["c"]]);
  assertEquals(constant[9], [new Uint8Array(Float32Array.of(1, -2).buffer)]);
  const [image] = messages(graph, 11);
  const [tensor] = messages(messages(image, 2)[0], 1);
  assertEquals(tensor[1], [2n]);
  const axes = messages(messages(tensor, 2)[0], 1);
  assertEquals([texts(axes[0], 2), axes[1][1], texts(image, 3)], [["batch"], [3n], ["pixels"]]);
});

"""Reads event files of TensorBoard, and shares no code with what wrote them: checksums are those of
the package crc32c, messages are parsed by Google's protobuf. Arguments: files. Prints a JSON array
with an array of events per file; bytes are base64.

The messages are those of TensorBoard's event.proto, summary.proto, tensor.proto and plugin_data.proto
as far as they are used. They are declared as proto2, so that what is set to its default is told from
what is not set.
"""
import json
import struct
import sys

import crc32c
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

MESSAGES = {
    "Event": "double wall_time=1, int64 step=2, string file_version=3, Summary summary=5, "
             "SessionLog session_log=7",
    "SessionLog": "int32 status=1",
    "Summary": "repeated Summary_Value value=1",
    "Summary_Value": "string tag=1, float simple_value=2, Summary_Image image=4, "
                     "TensorProto tensor=8, SummaryMetadata metadata=9",
    "Summary_Image": "int32 height=1, int32 width=2, int32 colorspace=3, "
                     "bytes encoded_image_string=4",
    "SummaryMetadata": "SummaryMetadata_PluginData plugin_data=1, int32 data_class=4",
    "SummaryMetadata_PluginData": "string plugin_name=1, bytes content=2",
    "TensorProto": "int32 dtype=1, TensorShapeProto tensor_shape=2, repeated bytes string_val=8",
    "TensorShapeProto": "repeated TensorShapeProto_Dim dim=2",
    "TensorShapeProto_Dim": "int64 size=1",
    "HParamsPluginData": "int32 version=1, SessionStartInfo session_start_info=3, "
                         "SessionEndInfo session_end_info=4",
    "SessionStartInfo": "repeated HParam hparams=1, double start_time_secs=5",
    "HParam": "string key=1, Value value=2",
    "Value": "double number_value=2, string string_value=3, bool bool_value=4",
    "SessionEndInfo": "int32 status=1, double end_time_secs=2",
}


def declare():
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="events.proto", package="t", syntax="proto2")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for declared in fields.split(", "):
            *repeated, kind, rest = declared.split(" ")
            field, number = rest.split("=")
            to = message.field.add(name=field, number=int(number))
            to.label = field_type.LABEL_REPEATED if repeated else field_type.LABEL_OPTIONAL
            if kind in MESSAGES:
                to.type, to.type_name = field_type.TYPE_MESSAGE, f".t.{kind}"
            else:
                to.type = getattr(field_type, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return lambda name: factory.GetPrototype(pool.FindMessageTypeByName(f"t.{name}"))


prototype = declare()


def parse(name, data):
    message = prototype(name).FromString(data)
    known = prototype(name).FromString(data)
    known.DiscardUnknownFields()
    assert known.ByteSize() == len(data), f"{name} has fields that are not known"
    return message


def masked(data):
    crc = crc32c.crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    with open(path, "rb") as file:
        while head := file.read(12):
            # A writer may have been killed within its last record.
            if len(head) < 12:
                return
            length, of_length = struct.unpack("<QI", head)
            assert of_length == masked(head[:8]), "the checksum of a length is wrong"
            data, tail = file.read(length), file.read(4)
            if len(data) < length or len(tail) < 4:
                return
            assert struct.unpack("<I", tail)[0] == masked(data), "the checksum of data is wrong"
            yield data


def event(data):
    message = parse("Event", data)
    shown = json_format.MessageToDict(message, preserving_proto_field_name=True)
    shown["step"] = message.step
    for value, of in zip(message.summary.value, shown.get("summary", {}).get("value", [])):
        if value.tensor.string_val:
            of["text"] = value.tensor.string_val[0].decode()
        if value.metadata.plugin_data.plugin_name == "hparams":
            content = parse("HParamsPluginData", value.metadata.plugin_data.content)
            of["hparams"] = json_format.MessageToDict(content, preserving_proto_field_name=True)
    return shown


print(json.dumps([[event(data) for data in records(path)] for path in sys.argv[1:]]))

"""Writes safetensors.json: what the reference implementation writes, and which headers it takes.

    python3 tests/golden/safetensors.py      (the package safetensors 0.8 and numpy; not in Debian 12)
"""

import json
import pathlib

import numpy as np
import safetensors

# Wide elements first is the order of the format's types; here they stand in another one.
TYPES = [
    ("BOOL", "bool", 1),
    ("BF16", "bfloat16", 2),
    ("F16", "float16", 2),
    ("F32", "float32", 4),
    ("F64", "float64", 8),
    ("F8_E4M3", "float8_e4m3fn", 1),
    ("F8_E4M3FNUZ", "float8_e4m3fnuz", 1),
    ("F8_E5M2", "float8_e5m2", 1),
    ("F8_E5M2FNUZ", "float8_e5m2fnuz", 1),
    ("F8_E8M0", "float8_e8m0fnu", 1),
    ("I16", "int16", 2),
    ("I32", "int32", 4),
    ("I64", "int64", 8),
    ("I8", "int8", 1),
    ("U16", "uint16", 2),
    ("U32", "uint32", 4),
    ("U64", "uint64", 8),
    ("U8", "uint8", 1),
]
NAMES = ["w", "b.0", "ä😀", 'q"\\/\n\0', "__proto__"]


def written():
    """A tensor of each type, of shapes that go round, of the bytes 0, 1, 2 …"""
    specs, kept, listed = {}, [], []
    for i, (dtype, name, size) in enumerate(TYPES):
        shape = [[2], [], [1, 3], [0, 2]][i % 4]
        key = f"{NAMES[i % len(NAMES)]}{i}"
        data = np.arange(int(np.prod(shape)) * size + 1, dtype=np.uint8)
        kept.append(data)
        specs[key] = safetensors.TensorSpec(
            dtype=name, shape=shape, data_ptr=data.ctypes.data, data_len=len(data) - 1
        )
        listed.append({"name": key, "dtype": dtype, "shape": shape})
    metadata = {"format": 'p"t\n\u2028'}
    return {"tensors": listed, "metadata": metadata, "file": safetensors.serialize(specs, metadata).hex()}


def tensor(shape="[1]", offsets="[0,1]", dtype="U8"):
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}'


def taken(header, data=0):
    text = header.encode()
    try:
        safetensors.deserialize(len(text).to_bytes(8, "little") + text + bytes(data))
        accepted = True
    except safetensors.SafetensorError:
        accepted = False
    return {"header": header, "data": data, "accepted": accepted}


MOST = 2**53 - 1
golden = {
    "made": f"safetensors {safetensors.__version__}, numpy {np.__version__}",
    "written": written(),
    "headers": [
        taken("{}"),
        taken("{}", 1),
        taken("{} \r\t\n"),
        taken(" {}"),
        taken("\n{}"),
        taken("\ufeff{}"),
        taken("{}\0"),
        taken("{}{}"),
        taken("[]"),
        taken("null"),
        taken('{"__metadata__":{}}'),
        taken('{"__metadata__":null}'),
        taken('{"__metadata__":"a"}'),
        taken('{"__metadata__":{"a":1}}'),
        taken('{"__metadata__":{"a":null}}'),
        taken('{"__metadata__":{"a":["b"]}}'),
        taken('{"__metadata__":{"a":"\\ud83d\\ude00"}}'),
        taken('{"__metadata__":{"a":"\\ud83d"}}'),
        taken('{"__metadata__":{"a":"b","a":"c"}}'),
        taken('{"__metadata__":{},"__metadata__":{}}'),
        taken(f'{{"a":{tensor()}}}', 1),
        taken(f'{{"a":{tensor()}}}', 2),
        taken(f'{{"a":{tensor()}}}', 0),
        taken(f'{{"a":{tensor()},"b":{tensor(offsets="[1,2]")}}}', 2),
        taken(f'{{"a":{tensor(offsets="[1,2]")},"b":{tensor()}}}', 2),
        taken(f'{{"a":{tensor()},"a":{tensor()}}}', 1),
        taken(f'{{"a":{tensor()},"b":{tensor()}}}', 1),
        taken(f'{{"a":{tensor()},"b":{tensor(offsets="[2,3]")}}}', 3),
        taken(f'{{"a":{tensor(offsets="[1,2]")}}}', 2),
        taken(f'{{"a":{tensor("[2]", "[0,2]")},"b":{tensor("[2]", "[1,3]")}}}', 3),
        taken(f'{{"a":{tensor("[0]", "[0,0]")},"b":{tensor("[3,0]", "[0,0]")}}}'),
        taken(f'{{"a":{tensor()},"b":{tensor("[0]", "[2,2]")}}}', 2),
        taken(f'{{"a":{tensor("[]")}}}', 1),
        taken(f'{{"a":{tensor(offsets="[1,0]")}}}', 1),
        taken(f'{{"a":{tensor(offsets="[0]")}}}', 1),
        taken(f'{{"a":{tensor(offsets="[0,1,1]")}}}', 1),
        taken(f'{{"a":{tensor(offsets="[false,true]")}}}', 1),
        taken(f'{{"a":{tensor(offsets="[0,18446744073709551617]")}}}', 1),
        taken(f'{{"a":{tensor("[-1]")}}}', 1),
        taken(f'{{"a":{tensor("[-0]", "[0,0]")}}}'),
        taken(f'{{"a":{tensor("[1.0]")}}}', 1),
        taken(f'{{"a":{tensor("[1e0]")}}}', 1),
        taken(f'{{"a":{tensor("[01]")}}}', 1),
        taken(f"""{{"a":{tensor('["1"]')}}}""", 1),
        taken(f'{{"a":{tensor("[null]")}}}', 1),
        taken(f'{{"a":{tensor("[[1]]")}}}', 1),
        taken(f'{{"a":{tensor("1")}}}', 1),
        taken(f'{{"a":{tensor("[2]")}}}', 1),
        taken(f'{{"a":{tensor("[4294967296,4294967296]", "[0,0]")}}}'),
        taken(f'{{"a":{tensor(f"[{MOST},{MOST},0]", "[0,0]")}}}'),
        taken(f'{{"a":{tensor(f"[0,{MOST},{MOST}]", "[0,0]")}}}'),
        taken(f'{{"a":{tensor("[1152921504606846976,0]", "[0,0]")}}}'),
        taken(f'{{"a":{tensor(dtype="u8")}}}', 1),
        taken(f'{{"a":{tensor(dtype="F8")}}}', 1),
        taken(f'{{"a":{tensor(dtype="F4")}}}', 1),
        taken(f'{{"a":{tensor("[2]", dtype="F4")}}}', 1),
        taken(f'{{"a":{tensor("[4]", "[0,3]", "F6_E2M3")}}}', 3),
        taken(f'{{"a":{tensor(offsets="[0,8]", dtype="C64")}}}', 8),
        taken('{"a":3}'),
        taken('{"a":null}'),
        taken('{"a":["U8",[1],[0,1]]}', 1),
        taken('{"a":{"dtype":"U8","shape":[1]}}', 1),
        taken('{"a":{"shape":[1],"data_offsets":[0,1]}}', 1),
        taken('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":[]}}', 1),
        taken('{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}', 1),
        taken(f'{{"\\u0061\\ud83d\\ude00":{tensor()}}}', 1),
        taken(f'{{"\\ud800":{tensor()}}}', 1),
        taken(f'{{"__proto__":{tensor()}}}', 1),
    ],
}
pathlib.Path(__file__).with_suffix(".json").write_text(
    json.dumps(golden, separators=(",", ":"), ensure_ascii=True) + "\n"
)

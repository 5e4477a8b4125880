"""Writes pth.json and the files beside it in pth/: what torch.save makes, and what is in it.

    pip install torch && python tests/golden/pth.py
"""

import argparse
import base64
import json
import os
import pathlib
import pickle
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def tensor(dtype, *shape):
    """Numbers of both signs, with fractions where the type has them."""
    count = torch.Size(shape).numel()
    return ((torch.arange(count) * 37 + 11) % 64 - 20).div(8).to(dtype).reshape(shape)


base = tensor(torch.float32, 4, 6)
state = OrderedDict(
    [(name, tensor(dtype, 2, 3)) for dtype, name in DTYPES.items()]
    + [
        ("scalar", torch.tensor(2**60 + 1)),
        ("empty", torch.zeros(0, 4)),
        ("base", base),
        ("same", base),
        ("row", base[2]),
        ("transposed", base.t()),
        ("every second", base[1::2, ::3]),
        ("wide transposed", tensor(torch.float64, 2, 3).t()),
        ("half transposed", tensor(torch.float16, 2, 3).t()),
        ("byte transposed", tensor(torch.uint8, 2, 3).t()),
        ("repeated", base[:2, :1].expand(2, 3)),
        ("channels last", tensor(torch.float32, 2, 3, 2, 2).to(memory_format=torch.channels_last)),
        ("parameter", torch.nn.Parameter(tensor(torch.float32, 3))),
        ("module.f.0.weight", tensor(torch.float32, 1, 1, 1, 1)),
        ("no tensor", None),
    ]
)
state._metadata = OrderedDict([("", {"version": 1}), ("bn1", {"version": 2})])

model = torch.nn.Sequential(OrderedDict(conv1=torch.nn.Conv2d(1, 2, 1), bn1=torch.nn.BatchNorm2d(2)))
with torch.no_grad():
    for value in model.parameters():
        value.copy_(tensor(value.dtype, *value.shape))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-6)
model(torch.ones(2, 1, 2, 2)).square().sum().backward()
optimizer.step()
checkpoint = {
    "epoch": 3,
    "arch": "resnet50",
    "best": 0.25,
    "shape": torch.Size([2, 3]),
    "device": torch.device("cpu"),
    "optimizer": optimizer.state_dict(),
    "state_dict": model.state_dict(),
}



class Runs:
    """An object whose pickle asks for a command to be run."""

    def __reduce__(self):
        return os.system, ("exit 1",)


class Slots:
    """An object that protocols 0 and 1 rebuild by a function, and later ones from its class."""

    def __init__(self):
        self.numbers = {"a": [1, 2]}


# What trainers save beside the weights, and what nobody should.
beside = {
    "opt": argparse.Namespace(lr=0.1, betas=(0.9, 0.99), seed=None, inner=argparse.Namespace(a=1)),
    "best_acc1": np.float64(71.25),
    "history": np.arange(6, dtype=np.float32).reshape(2, 3),
    "rng_state": torch.get_rng_state().new_zeros(3),
    "milestones": Counter([2, 2, 5]),
    "counts": defaultdict(int, a=1),
    "names": {"a", "b"},
    "raw": b"\x00\xff",
    "range": range(3),
    "slots": Slots(),
    "runs": Runs(),
    "ema": {"conv1.weight": torch.zeros(1)},
    "state_dict": model.state_dict(),
}

value = {
    "text": "π\n\\",
    "numbers": [0, 255, 65535, -1, 2**31, -(2**40), 2**80, -(2**80), 0.5, float("inf")],
    "others": (None, True, False, (), (1,), (1, 2), (1, 2, 3), [], {}),
    "ordered": OrderedDict([("b", 1), ("a", 2)]),
    "long": list(range(300)),
}
value["itself"] = value["numbers"]


def listed(tensor):
    """Integers as texts, as they may be larger than a float holds."""
    values = tensor.detach().flatten().tolist()
    return [v if tensor.is_floating_point() else str(int(v)) for v in values]


def contents(state):
    return {
        name: {"dtype": DTYPES[t.dtype], "shape": list(t.shape), "values": listed(t)}
        for name, t in state.items()
        if t is not None
    }


(HERE / "pth").mkdir(exist_ok=True)
for what, saved in ("state", state), ("checkpoint", checkpoint), ("beside", beside):
    torch.save(saved, HERE / f"pth/{what}_zip.pth")
    torch.save(saved, HERE / f"pth/{what}_zip_5.pth", pickle_protocol=5)
    for protocol in 1, 2, 4:
        torch.save(
            saved,
            HERE / f"pth/{what}_legacy_{protocol}.pth",
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=False,
        )
golden = {
    "made": f"torch {torch.__version__}",
    "state": contents(state),
    "checkpoint": contents(model.state_dict()),
    "pickles": [base64.b64encode(pickle.dumps(value, p)).decode() for p in range(6)],
}
(HERE / "pth.json").write_text(json.dumps(golden, indent=1) + "\n")

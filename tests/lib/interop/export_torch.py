"""Loads a safetensors file into a PyTorch model with strict=True and prints, as JSON, what it gives.

    python3 export_torch.py '{"path": …, "model": …, "shape": [2, 3, 16, 16]}' < images

`images` are float32 [batch, channels, height, width]. `model` is one of
- {"kind": "resnet", "block": "basic", "depths": [1, 1, 1, 1], "stem": "small", "fused": false}:
  torchvision's, less its classifier and, at the small stem, less its max-pool;
- {"kind": "conv", "widths": [4, 6], "strides": [1, 2], "grid": 2}: the plain network;
- {"kind": "reference", "feature_dim": 5}: the model of chingyaoc/DCL, in DataParallel.
"""

import json
import sys

import numpy as np
import torch
from torch import nn
from torch.ao.quantization import fuse_modules
from torch.nn import functional
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet, resnet50


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (start + offset for offset in entry["data_offsets"])
        dtype = {"F32": np.float32, "I64": np.int64}[entry["dtype"]]
        array = np.frombuffer(data[begin:end], dtype).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


class Reference(nn.Module):
    """An encoder of the children of ResNet-50, and a projection head."""

    def __init__(self, feature_dim):
        super().__init__()
        stem = nn.Conv2d(3, 64, kernel_size=3, padding=1, bias=False)
        children = dict(resnet50().named_children())
        children["conv1"] = stem
        del children["maxpool"], children["fc"]
        self.f = nn.Sequential(*children.values())
        self.g = nn.Sequential(
            nn.Linear(2048, 512, bias=False),
            nn.BatchNorm1d(512),
            nn.ReLU(),
            nn.Linear(512, feature_dim),
        )

    def forward(self, x):
        feature = self.f(x).flatten(1)
        return functional.normalize(feature), functional.normalize(self.g(feature))


class Conv(nn.Module):
    """3×3 convolutions, then the means over the cells of a grid, in the order of our features."""

    def __init__(self, channels, widths, strides, grid):
        super().__init__()
        self.depth = len(widths)
        for i, (width, stride) in enumerate(zip(widths, strides), 1):
            before = widths[i - 2] if i > 1 else channels
            conv = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
            self.add_module(f"conv{i}", conv)
            self.add_module(f"bn{i}", nn.BatchNorm2d(width))
        self.pool = nn.AdaptiveAvgPool2d(grid)

    def forward(self, x):
        for i in range(1, self.depth + 1):
            x = functional.relu(getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x)))
        return self.pool(x).permute(0, 2, 3, 1).flatten(1)


def make_resnet(channels, block, depths, stem, fused):
    model = ResNet({"basic": BasicBlock, "bottleneck": Bottleneck}[block], depths)
    model.fc = nn.Identity()
    if stem == "small":
        model.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        model.maxpool = nn.Identity()
    else:
        model.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
    if not fused:
        return model
    names = [name for name, _ in model.named_modules()]
    pairs = []
    for name in names:
        head, _, last = name.rpartition(".")
        dot = "." if head else ""
        if last.startswith("conv"):
            pairs.append([name, f"{head}{dot}bn{last[4:]}"])
        elif last == "downsample" and f"{name}.0" in names:
            pairs.append([f"{name}.0", f"{name}.1"])
    return fuse_modules(model.eval(), pairs)


def main():
    asked = json.loads(sys.argv[1])
    shape = asked["shape"]
    images = np.frombuffer(sys.stdin.buffer.read(), np.float32).reshape(shape)
    spec = dict(asked["model"])
    kind = spec.pop("kind")
    if kind == "resnet":
        model = make_resnet(shape[1], **spec)
    elif kind == "conv":
        model = Conv(shape[1], **spec)
    else:
        model = nn.DataParallel(Reference(**spec))
    tensors = read_safetensors(asked["path"])
    model.load_state_dict(tensors, strict=True)
    model.eval()
    with torch.no_grad():
        given = model(torch.from_numpy(images.copy()))
    outputs = given if isinstance(given, tuple) else (given,)
    tracked = {int(t) for name, t in tensors.items() if name.endswith("num_batches_tracked")}
    print(json.dumps({
        "outputs": [output.flatten().tolist() for output in outputs],
        "tracked": sorted(tracked),
    }))


main()

"""Writes initialization.json: how PyTorch draws the first weights of the reference's model.

    apt-get install python3-torch python3-torchvision && python3 tests/golden/initialization.py

The models are torchvision's residual networks of two stages, built as the reference's `model.py`
builds its ResNet-50 (a new `Conv2d` for the small stem, no classifier), and its projection head. Of
each weight, by our name for it and over so many models as it says: the mean, the mean square and the
mean fourth power, and the largest absolute value.
"""

import json
import pathlib

import torch
import torchvision
from torch import nn
from torchvision.models import resnet

from closed_form import named_weights

MODELS = 40
CASES = [
    {"name": "basic", "block": "basic", "depths": [1, 1], "stem": "small"},
    {"name": "bottleneck", "block": "bottleneck", "depths": [1, 1], "stem": "small"},
    {"name": "imagenet", "block": "basic", "depths": [1], "stem": "imagenet"},
    {"name": "head", "inputs": 256, "hidden": 512, "outputs": 128},
]


def model(case):
    if case["name"] == "head":
        linear = nn.Linear(case["inputs"], case["hidden"], bias=False)
        last = nn.Linear(case["hidden"], case["outputs"], bias=True)
        return nn.ModuleDict({"head": nn.Sequential(linear, nn.BatchNorm1d(case["hidden"]), nn.ReLU(), last)})
    block = {"basic": resnet.BasicBlock, "bottleneck": resnet.Bottleneck}[case["block"]]
    depths = case["depths"]
    net = resnet.ResNet(block, [*depths, *[1] * (4 - len(depths))])
    for stage in range(len(depths) + 1, 5):
        setattr(net, f"layer{stage}", nn.Identity())
    net.fc = nn.Identity()
    if case["stem"] == "small":
        net.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1, bias=False)
    return net


def golden(case):
    drawn = {}
    for seed in range(MODELS):
        torch.manual_seed(seed)
        for name, weight in named_weights(model(case)).items():
            drawn.setdefault(name, []).append(weight.detach().double().flatten())
    moments = {}
    for name, values in drawn.items():
        values = torch.cat(values)
        numbers = [values.mean(), values.square().mean(), values.pow(4).mean(), values.abs().max()]
        moments[name] = [float(f"{number:.4g}") for number in numbers]
    return {**case, "weights": moments}


if __name__ == "__main__":
    made = f"torch {torch.__version__}, torchvision {torchvision.__version__}"
    lines = ",\n".join(json.dumps(golden(case), separators=(",", ":")) for case in CASES)
    text = f'{{\n"made": {json.dumps(made)},\n"models": {MODELS},\n"cases": [\n{lines}\n]\n}}\n'
    pathlib.Path(__file__).with_suffix(".json").write_text(text)

"""Writes training_steps.json: steps of the reference's model, loss and optimizer, in float64.

    apt-get install python3-torch python3-torchvision && python3 tests/golden/training_steps.py

The model is torchvision's, with the reference's stem and projection head; weights and views are
closed forms, other views in every step. As in the reference each view goes through the network by
itself, and Adam has L2 of 1e-6. `losses` are those of each step; `float32` is how far PyTorch's
float32 is from them at most, relative, in several orders of the examples.

The reference's rate of 1e-3 is for a network of one stage: deeper ones multiply the rounding errors
of a step, as a ReLU's input is rounded across 0, small gradients change sign, and Adam takes signs
for steps. PyTorch's own float32 with resnet18 at that rate is off by 1e-4 in step 3 and by 4e-2 in
step 10 (batch 16, 8x8), so no loss could be told right from wrong.
"""

import json
import math
import pathlib

import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torchvision.models import resnet

from closed_form import closed_form, set_weights, short

TEMPERATURE, TAU_PLUS = 0.5, 0.1

BOTTLENECK = {"block": "bottleneck", "depths": [1], "batch": 16, "size": 4, "steps": 10, "rate": 1e-3}
BASIC = {"block": "basic", "batch": 8, "size": 8}
CASES = [
    {"name": "a bottleneck", **BOTTLENECK, "objective": "debiased"},
    {"name": "a bottleneck", **BOTTLENECK, "objective": "biased"},
    {"name": "two stages of bottlenecks", **BOTTLENECK, "depths": [1, 1], "rate": 1e-4, "objective": "debiased"},
    {"name": "half of resnet18", **BASIC, "depths": [2, 2], "steps": 10, "rate": 1e-4, "objective": "debiased"},
    {"name": "resnet18", **BASIC, "depths": [2, 2, 2, 2], "steps": 3, "rate": 1e-4, "objective": "debiased"},
]


def network(case):
    block = {"basic": resnet.BasicBlock, "bottleneck": resnet.Bottleneck}[case["block"]]
    depths = case["depths"]
    encoder = resnet.ResNet(block, [*depths, *[1] * (4 - len(depths))])
    for stage in range(len(depths) + 1, 5):
        setattr(encoder, f"layer{stage}", nn.Identity())
    encoder.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1, bias=False)
    encoder.maxpool = nn.Identity()
    encoder.fc = nn.Identity()
    dim = 64 * 2 ** (len(depths) - 1) * block.expansion
    head = nn.Sequential(nn.Linear(dim, 512, bias=False), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 128))
    return nn.ModuleDict({"encoder": encoder, "head": head})


def views(case, step):
    """Two images [batch, 3, size, size] of each example: what is its own, and noise."""
    shape = [case["batch"], case["size"], case["size"], 3]
    own = closed_form("examples", math.prod(shape))
    for view in range(2):
        noise = closed_form(f"noise of view {view} in step {step}", math.prod(shape))
        yield torch.from_numpy(own + noise).float().reshape(shape).permute(0, 3, 1, 2)


def loss_of(a, b, objective):
    """Chuang et al. 2020, equation 8, or NT-Xent, of unit rows [batch, dim]."""
    n = len(a)
    k = 2 * n - 2
    rows = torch.cat([a, b])
    example = torch.arange(n).repeat(2)
    exponentials = torch.exp(rows @ rows.t() / TEMPERATURE)
    negatives = exponentials.masked_fill(example[:, None] == example[None, :], 0).sum(1)
    positives = torch.exp((a * b).sum(1) / TEMPERATURE).repeat(2)
    if objective == "debiased":
        estimate = (negatives - TAU_PLUS * k * positives) / (1 - TAU_PLUS)
        negatives = estimate.clamp(min=k * math.exp(-1 / TEMPERATURE))
    return -torch.log(positives / (positives + negatives)).mean()


def losses(case, dtype, first=0):
    """The losses; `first` is the example that comes first, the others follow in turn."""
    net = network(case)
    set_weights(net)
    net.to(dtype).train()
    optimizer = torch.optim.Adam(net.parameters(), lr=case["rate"], weight_decay=1e-6)
    curve = []
    for step in range(case["steps"]):
        embeddings = [
            F.normalize(net["head"](net["encoder"](view.to(dtype).roll(-first, 0))))
            for view in views(case, step)
        ]
        loss = loss_of(*embeddings, case["objective"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        curve.append(loss.item())
    return curve


def golden(case):
    exact = losses(case, torch.float64)
    rounded = [losses(case, torch.float32, first) for first in (0, 3, 5, 6)]
    float32 = max(abs(a - b) / b for curve in rounded for a, b in zip(curve, exact))
    print(case["name"], case["objective"], exact, float32)
    return {**case, "losses": exact, "float32": float32}


if __name__ == "__main__":
    torch.set_num_threads(1)
    made = f"torch {torch.__version__}, torchvision {torchvision.__version__}"
    text = json.dumps(short({"made": made, "cases": [golden(case) for case in CASES]}))
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")

"""Writes resnet.json: torchvision's residual networks with the reference's stem, in float64.

    apt-get install python3-torch python3-torchvision && python3 tests/golden/resnet.py

Weights and images are closed forms. Of each network: the features in evaluation and in training
mode, the gradient by every weight of a random combination of the latter, and the running statistics
after that forward; of each tensor its norm and its product with a random direction, and of the
features the first four. `float32` is how far PyTorch's float32 is from all that, relative to the
norms, at most of the features, of the statistics and of the gradients, and of all orders of the
images: the gradients differ where a ReLU's input is rounded across 0.
"""

import json
import pathlib

import torch
import torchvision
from torch import nn
from torchvision.models import resnet

from closed_form import closed_form, error, named_weights, set_weights, short, summary, to_ours

CASES = [
    {"name": "resnet18", "block": "basic", "depths": [2, 2, 2, 2], "stem": "small", "shape": [3, 16, 16, 3]},
    {"name": "resnet34", "block": "basic", "depths": [3, 4, 6, 3], "stem": "small", "shape": [3, 13, 17, 3]},
    {"name": "resnet50", "block": "bottleneck", "depths": [3, 4, 6, 3], "stem": "small", "shape": [3, 13, 17, 3]},
    {"name": "resnet18", "block": "basic", "depths": [2, 2, 2, 2], "stem": "imagenet", "shape": [3, 39, 37, 3]},
]


def network(case):
    net = getattr(resnet, case["name"])()
    if case["stem"] == "small":
        net.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1, bias=False)
        net.maxpool = nn.Identity()
    net.fc = nn.Identity()
    return net


def run(case, dtype, first=0):
    """The results; `first` is the image that comes first, the others follow in turn."""
    net = network(case)
    set_weights(net)
    net.to(dtype)
    n, h, w, c = case["shape"]
    images = 2 * torch.from_numpy(closed_form("images", n * h * w * c)).reshape(n, h, w, c)
    images = images.permute(0, 3, 1, 2).to(dtype).roll(-first, 0)
    with torch.no_grad():
        evaluation = net.eval()(images).roll(first, 0)
    training = net.train()(images).roll(first, 0)
    direction = torch.from_numpy(closed_form("loss", training.numel())).reshape(training.shape)
    (training * direction.to(dtype)).sum().backward()
    weights = named_weights(net)
    return {
        "first": {"evaluation": evaluation[0, :4].tolist(), "training": training[0, :4].tolist()},
        "features": {"evaluation": summary("evaluation", evaluation), "training": summary("training", training)},
        "statistics": {k: summary(k, v) for k, v in weights.items() if ".moving_" in k},
        "gradients": {k: summary(k, to_ours(v.grad)) for k, v in weights.items() if ".moving_" not in k},
    }


def golden(case):
    exact = run(case, torch.float64)
    rounded = [run(case, torch.float32, first) for first in range(case["shape"][0])]
    float32 = {
        kind: max(error(r[kind][name], exact[kind][name]) for r in rounded for name in exact[kind])
        for kind in ["features", "statistics", "gradients"]
    }
    print(case["name"], case["stem"], float32)
    return {**case, **exact, "float32": float32}


if __name__ == "__main__":
    torch.set_num_threads(1)
    made = f"torch {torch.__version__}, torchvision {torchvision.__version__}"
    text = json.dumps(short({"made": made, "cases": [golden(case) for case in CASES]}))
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")

"""Makes a model with PyTorch and saves it as users of PyTorch do, for a test to load.

    python tests/golden/pth_model.py MODEL FOLDER < images

MODEL is `reference` (the model of chingyaoc/DCL, saved as its main.py does: the state dict of a
DataParallel model) or the name of a residual network of torchvision (saved with its classifier).
FOLDER gets zip.pth, legacy.pth and checkpoint.pth, the last with more than the model in it. Images
are bytes as STL-10 stores them, [n, 3, 96 (column), 96 (row)]. Prints their features as JSON, one
line per image, as the model gives them in evaluation.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torchvision
from torch import nn

MEAN, STD = [0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]


class Reference(nn.Module):
    """ResNet-50 for small images, without max-pool and classifier, and a projection head."""

    def __init__(self, feature_dim=128):
        super().__init__()
        children = dict(torchvision.models.resnet50().named_children())
        children["conv1"] = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        del children["maxpool"], children["fc"]
        self.f = nn.Sequential(*children.values())
        self.g = nn.Sequential(
            nn.Linear(2048, 512, bias=False), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, feature_dim)
        )

    def forward(self, x):
        return self.g(torch.flatten(self.f(x), 1))


torch.manual_seed(0)
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
pixels = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(-1, 3, 96, 96)
images = torch.from_numpy(pixels.swapaxes(2, 3).copy()).float() / 255
images = torchvision.transforms.functional.normalize(images, MEAN, STD)

if name == "reference":
    model = nn.DataParallel(Reference())
    encode = model.module.f
else:
    model = getattr(torchvision.models, name)()
    encode = nn.Sequential(*list(model.children())[:-1])

# Weights and statistics as after a training: batch norms scale and shift, and remember the mean of
# some batches, which are not of the images to come.
norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
with torch.no_grad():
    for norm in norms:
        norm.weight.uniform_(0.5, 1.5)
        norm.bias.normal_(0, 0.1)
        norm.momentum = None
    for _ in range(3):
        model(torch.randn(8, 3, 32, 32))
    for norm in norms:
        norm.momentum = 0.1

torch.save(model.state_dict(), folder / "zip.pth")
torch.save(model.state_dict(), folder / "legacy.pth", _use_new_zipfile_serialization=False)
checkpoint = {"epoch": 400, "state_dict": model.state_dict()}
torch.save(checkpoint, folder / "checkpoint.pth")

model.eval()
with torch.no_grad():
    features = torch.flatten(encode(images), 1)
for row in features.tolist():
    print(json.dumps(row))

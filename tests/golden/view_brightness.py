"""Prints how much brighter torchvision's views are on float tensors than on Pillow's images of bytes.

    apt-get install python3-torch python3-torchvision && python3 tests/golden/view_brightness.py

60 smooth images of 96x96, a crop of each to 32x32 and brightness, contrast, saturation and hue in a
random order, with the reference's ranges. For each step alone and for all in turn: the mean of the
differences and of their absolute values, in levels of 255. docs/differences.md has the numbers.
"""

import numpy as np
import torchvision
import torchvision.transforms.functional as F
from PIL import Image

rng = np.random.default_rng(0)
found = {}


def compare(step, tensor, image):
    difference = 255 * (tensor - F.to_tensor(image))
    found.setdefault(step, []).append((difference.mean().item(), difference.abs().mean().item()))


for _ in range(60):
    coarse = Image.fromarray((255 * rng.random((12, 12, 3))).astype(np.uint8))
    image = coarse.resize((96, 96), Image.BICUBIC)
    top, left = (int(x) for x in rng.integers(0, 32, 2))
    height, width = (int(x) for x in rng.integers(32, 64, 2))
    tensor = F.resized_crop(F.to_tensor(image), top, left, height, width, [32, 32], antialias=True)
    image = F.resized_crop(image, top, left, height, width, [32, 32])
    compare("crop", tensor, image)
    steps = [
        ("brightness", F.adjust_brightness, rng.uniform(0.6, 1.4)),
        ("contrast", F.adjust_contrast, rng.uniform(0.6, 1.4)),
        ("saturation", F.adjust_saturation, rng.uniform(0.6, 1.4)),
        ("hue", F.adjust_hue, rng.uniform(-0.1, 0.1)),
    ]
    for k in rng.permutation(4):
        step, adjust, factor = steps[k]
        before, image, tensor = image, adjust(image, factor), adjust(tensor, factor)
        compare(step, adjust(F.to_tensor(before), factor), image)
    compare("all in turn", tensor, image)

print(f"torchvision {torchvision.__version__}, Pillow {Image.__version__}")
for step, values in found.items():
    mean, apart = np.mean(values, axis=0)
    print(f"{step:12} {mean:6.2f} levels brighter, {apart:.2f} apart")

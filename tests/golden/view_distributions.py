"""Writes view_distributions.json: how torchvision draws the parameters of views, counted.

    python3 tests/golden/view_distributions.py      (Debian: python3-torch python3-torchvision)

The draws are those of torchvision's own get_params and forward, and for the blur those of the
reference's utils.py. "quantiles" are the 1st to the 99th percentile of the draws of a continuous
parameter; "counts" are of the draws in each cell.
"""

import json
import pathlib

import numpy as np
import torch
import torchvision
from torchvision import transforms

torch.manual_seed(0)
np.random.seed(0)
RATIO = (3 / 4, 4 / 3)
CELLS = 12


def quantiles(values):
    """Exactly k % of the values are at most the k-th."""
    values = np.sort(np.asarray(values, dtype=np.float64))
    return [round(float(values[k * len(values) // 100 - 1]), 7) for k in range(1, 100)]


def boxes(height, width, scale, ratio, count):
    image = torch.empty(1, height, width)
    get = transforms.RandomResizedCrop.get_params
    return np.array([get(image, scale, ratio) for _ in range(count)])


def fallback(height, width, ratio):
    """No box has 50 times the area."""
    top, left, h, w = boxes(height, width, (50.0, 50.0), ratio, 1)[0].tolist()
    return {
        "shape": [height, width],
        "ratio": ratio,
        "box": {"top": top, "left": left, "height": h, "width": w},
    }


def cells(a, size_a, b, size_b):
    """Counts of pairs of whole numbers 0 … size, CELLS × CELLS."""
    cell = a * CELLS // (size_a + 1) * CELLS + b * CELLS // (size_b + 1)
    return np.bincount(cell, minlength=CELLS * CELLS).tolist()


def crops(height, width, scale, count):
    drawn = boxes(height, width, scale, RATIO, count)
    top, left, h, w = drawn.T
    whole = fallback(height, width, RATIO)["box"]
    is_fallback = (drawn == [whole[k] for k in ("top", "left", "height", "width")]).all(1)
    return {
        "shape": [height, width],
        "scale": scale,
        "draws": count,
        "fallback": int(is_fallback.sum()),
        "sides": cells(h, height, w, width),
        "rows": cells(h, height, top, height),
        "columns": cells(w, width, left, width),
    }


def smooth_crops(side, count):
    """Of an image so large that rounding to pixels does not matter."""
    top, left, h, w = boxes(side, side, (0.08, 1.0), RATIO, count).T
    return {
        "side": side,
        "draws": count,
        "quantiles": {
            "area": quantiles(h * w / side**2),
            "logRatio": quantiles(np.log(w / h)),
            "top": quantiles((top + 0.5) / (side - h + 1)),
            "left": quantiles((left + 0.5) / (side - w + 1)),
        },
    }


def jitter(count):
    module = transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)
    ranges = module.brightness, module.contrast, module.saturation, module.hue
    drawn = [module.get_params(*ranges) for _ in range(count)]
    names = "brightness", "contrast", "saturation", "hue"
    orders = {}
    for order, *_ in drawn:
        key = " ".join(names[k] for k in order)
        orders[key] = orders.get(key, 0) + 1
    wide = transforms.ColorJitter(1.5, 1.5, 1.5, 0.5)
    return {
        "draws": count,
        "ranges": {"brightness": wide.brightness, "hue": wide.hue},
        "quantiles": {name: quantiles([d[1 + k] for d in drawn]) for k, name in enumerate(names)},
        "orders": dict(sorted(orders.items())),
    }


def rates(count):
    """How often each is done, of `count` images."""
    pair = torch.tensor([[[0.0, 1.0]]])
    flip = transforms.RandomHorizontalFlip(p=0.5)
    apply = transforms.RandomApply([lambda image: image + 1], p=0.8)
    color = torch.tensor([0.1, 0.5, 0.9]).reshape(3, 1, 1)
    grayscale = transforms.RandomGrayscale(p=0.2)
    return {
        "draws": count,
        "flip": sum(flip(pair)[0, 0, 0].item() == 1 for _ in range(count)),
        "jitter": sum(apply(0) == 1 for _ in range(count)),
        "grayscale": sum(torch.equal(g[0], g[2]) for g in (grayscale(color) for _ in range(count))),
    }


def blur(count):
    """The reference's GaussianBlur: a chance, then a sigma."""
    sigmas = []
    for _ in range(count):
        if np.random.random_sample() < 0.5:
            sigmas.append((2.0 - 0.1) * np.random.random_sample() + 0.1)
    return {"draws": count, "blurred": len(sigmas), "quantiles": quantiles(sigmas[: len(sigmas) // 100 * 100])}


golden = {
    "made": f"torch {torch.__version__}, torchvision {torchvision.__version__}, numpy {np.__version__}",
    "cells": CELLS,
    "fallbacks": [
        fallback(height, width, ratio)
        for ratio in [RATIO, (0.8, 1.25), (0.5, 2.0), (1.0, 1.0)]
        for height, width in [(1, 1), (1, 50), (50, 1), (2, 9), (9, 2), (6, 30), (30, 6), (7, 7), (10, 101), (90, 100), (3, 40)]
    ],
    "smooth": smooth_crops(4000, 100_000),
    "crops": [
        crops(96, 96, (0.08, 1.0), 60_000),
        crops(32, 32, (0.08, 1.0), 60_000),
        crops(28, 28, (0.2, 1.0), 60_000),
        crops(24, 60, (0.3, 1.0), 30_000),
        crops(40, 5, (0.08, 1.0), 30_000),
        crops(1, 50, (0.08, 1.0), 1_000),
    ],
    "jitter": jitter(100_000),
    "rates": rates(100_000),
    "blur": blur(200_000),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")

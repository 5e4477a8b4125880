"""Numbers that a golden and its test compute alike, so that a golden stores results only.

tests/support/closed_form.ts is the same in TypeScript. Weights have TensorFlow.js's names and
layout there and here: `layer1.0.conv1.kernel` [height, width, in, out].
"""

import math

import numpy as np
import torch
from torch import nn

LEAVES = {
    "weight": "kernel",
    "bias": "bias",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
NORM_LEAVES = {**LEAVES, "weight": "gamma", "bias": "beta"}

# Scale and shift of the weights by the ends of their names; a kernel's scale is that of He et al.
# 2015, by its inputs. Branches of bottlenecks end small: else each block multiplies rounding errors.
RANGES = {
    "bias": (0.1, 0),
    "bn3.gamma": (0.025, 0.075),
    "gamma": (0.25, 0.75),
    "beta": (0.1, 0),
    "moving_mean": (0.1, 0),
    "moving_variance": (0.5, 1),
}


def closed_form(name, count):
    """Numbers in [-1, 1) of 24 bits: index i hashed (Murmur3's last rounds) from the name's FNV-1a."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 % 2**32
    x = ((np.arange(count, dtype=np.uint64) * 0x9E3779B9 + seed) % 2**32).astype(np.uint32)
    x ^= x >> 16
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> 13
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> 16
    return (x >> 8) / 2**23 - 1


def closed_weight(name, shape):
    """The values of a weight, [*shape], rounded to float32."""
    size = math.prod(shape)
    he = (math.sqrt(6 / (size / shape[-1])), 0)
    scale, shift = next((RANGES[end] for end in RANGES if name.endswith(f".{end}")), he)
    return (shift + scale * closed_form(name, size)).astype(np.float32).reshape(shape)


def summary(name, values):
    """The Euclidean norm of the values, and their product with a direction of their name."""
    flat = values.detach().double().flatten().numpy()
    direction = math.sqrt(3) * closed_form(f"direction of {name}", flat.size)
    return [math.sqrt(flat @ flat), flat @ direction]


def error(a, b):
    """The difference of two summaries, relative to the norm of the second."""
    return max(abs(p - q) for p, q in zip(a, b)) / b[0]


def named_weights(net):
    """Parameters and running statistics by TensorFlow.js's names, in PyTorch's layout."""
    found = {}
    for prefix, module in net.named_modules():
        norm = isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))
        own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
        for leaf, tensor in own:
            if leaf != "num_batches_tracked":
                found[f"{prefix}.{(NORM_LEAVES if norm else LEAVES)[leaf]}"] = tensor
    return found


def to_ours(tensor):
    """[out, in, h, w] to [h, w, in, out], [out, in] to [in, out]."""
    return tensor.permute(2, 3, 1, 0) if tensor.dim() == 4 else tensor.t() if tensor.dim() == 2 else tensor


def set_weights(net):
    """Gives every weight its closed form."""
    with torch.no_grad():
        for name, tensor in named_weights(net).items():
            to_ours(tensor).copy_(torch.from_numpy(closed_weight(name, to_ours(tensor).shape)))


def short(value):
    """Numbers rounded to nine digits, in lists and dictionaries too."""
    if isinstance(value, dict):
        return {key: short(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [short(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value

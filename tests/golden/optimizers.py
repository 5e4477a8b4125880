"""Writes optimizers.json: weights after each of ten steps of torch.optim, in float64.

    apt-get install python3-torch && python3 tests/golden/optimizers.py

The weights of step t come from gradients and a learning rate that change with t. One parameter
starts at zero; one of a rank of two and one of rank one have a gradient of zero in some steps.

torch.optim has Adam, AdamW and SGD. It has no LARS (You et al. 2017, arXiv:1708.03888), and the
implementations differ; `lars` below has the convention of timm's `Lars(always_adapt=True)`:

- the trust ratio is c |w| / (|g| + decay |w| + eps), the norm of the gradient without decay, as in
  the paper and lightly; SimCLR's has |g + decay w| below the line
- the learning rate multiplies what leaves the momentum buffer, as in PyTorch's SGD, timm and
  lightly; in the paper's Algorithm 1 and SimCLR it goes into the buffer, which is the same while it
  is constant
- the ratio is 1 where |w| or |g| is 0, as in timm and SimCLR; lightly then leaves the decay out
- it is used without decay too; timm's default and lightly's are not to
- biases and batch norm's weights (rank one) have neither ratio nor decay, as with SimCLR
"""

import math

import torch

from closed_form import closed_form
from common import entries, save

torch.set_default_dtype(torch.float64)

SHAPES = {
    "kernel": [2, 3],
    "bias": [3],
    "odd": [5, 7],
    "zero": [2, 2],
    "scale": [8],
    "shift": [260],
    "conv": [3, 3, 4, 8],
    "large": [3, 5, 5, 64],
}
GAINS = [1, 10, 0.1, 0.001, 1, 100, 1, 0.01, 1, 3]
STILL = {"bias": [4], "odd": [6, 7], "shift": [1]}

VARIANTS = [
    {"optimizer": "adam", "learningRate": 0.01, "weightDecay": 0.1, "momentum": 0.9},
    {"optimizer": "adam", "learningRate": 1e-3, "weightDecay": 1e-6, "momentum": 0.9},
    {"optimizer": "adamw", "learningRate": 0.01, "weightDecay": 0.1, "momentum": 0.9},
    {"optimizer": "sgd", "learningRate": 0.03, "weightDecay": 0, "momentum": 0.9},
    {"optimizer": "sgd", "learningRate": 0.03, "weightDecay": 0.05, "momentum": 0.9},
    {"optimizer": "sgd", "learningRate": 0.03, "weightDecay": 0.05, "momentum": 0},
    {"optimizer": "lars", "learningRate": 4, "weightDecay": 0.01, "momentum": 0.9},
    {"optimizer": "lars", "learningRate": 4, "weightDecay": 0, "momentum": 0.9},
]


def float32(numbers, shape):
    return torch.tensor(numbers, dtype=torch.float32).double().reshape(shape)


def weight(name, shape):
    start = closed_form(name, math.prod(shape))
    start = 0 * start if name == "zero" else start
    return float32(start, shape)


def gradient(t, name, shape):
    gain = 0 if t in STILL.get(name, []) else GAINS[t - 1]
    return float32(gain * closed_form(f"gradient {t} of {name}", math.prod(shape)), shape)


def lars(weights, state, lr, weight_decay, momentum):
    with torch.no_grad():
        for w in weights:
            direction = w.grad
            if w.ndim > 1:
                w_norm, g_norm = torch.linalg.vector_norm(w), torch.linalg.vector_norm(w.grad)
                ratio = 0.001 * w_norm / (g_norm + weight_decay * w_norm + 1e-8)
                direction = (w.grad + weight_decay * w) * (ratio if w_norm > 0 and g_norm > 0 else 1)
            state[w] = momentum * state.get(w, 0) + direction
            w -= lr * state[w]


def run(variant):
    weights = [weight(*item).requires_grad_() for item in SHAPES.items()]
    rate, decay, momentum = variant["learningRate"], variant["weightDecay"], variant["momentum"]
    kind, state = variant["optimizer"], {}
    if kind == "adam":
        optimizer = torch.optim.Adam(weights, lr=rate, weight_decay=decay)
    elif kind == "adamw":
        optimizer = torch.optim.AdamW(weights, lr=rate, weight_decay=decay)
    elif kind == "sgd":
        optimizer = torch.optim.SGD(weights, lr=rate, weight_decay=decay, momentum=momentum)
    largest = [w.abs().max().item() for w in weights]
    steps = []
    for t in range(1, 11):
        lr = rate * (11 - t) / 10
        for place, (name, shape) in enumerate(SHAPES.items()):
            weights[place].grad = gradient(t, name, shape)
        if kind == "lars":
            lars(weights, state, lr, decay, momentum)
        else:
            optimizer.param_groups[0]["lr"] = lr
            optimizer.step()
        largest = [max(most, w.abs().max().item()) for most, w in zip(largest, weights)]
        steps.append([entries(w, 8, 3) for w in weights])
    return {**variant, "largest": [float(f"{most:.3g}") for most in largest], "steps": steps}


save(__file__, {"shapes": SHAPES, "gains": GAINS, "still": STILL, "variants": [run(v) for v in VARIANTS]})

"""The training steps that bench/support/steps.ts describes, in PyTorch on the CPU.

Reads one JSON object from standard input: the steps and losses to time, the number of threads
(0: all cores) and of repetitions. Writes one line of JSON per result: {"what", "ms", "version"}.
The number of threads is also set in the environment by the caller, since autograd's own thread
does not follow torch.set_num_threads.
"""

import json
import math
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def conv_bn(inputs, outputs, kernel, stride):
    padding = kernel // 2
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2016)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.branch = nn.Sequential(
            *conv_bn(inputs, outputs, 3, stride),
            nn.ReLU(inplace=True),
            *conv_bn(outputs, outputs, 3, 1),
        )
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Sequential(*([] if same else conv_bn(inputs, outputs, 1, stride)))

    def forward(self, x):
        return F.relu(self.branch(x) + self.shortcut(x))


def encoder(name, widths, strides):
    layers, channels = [], 3
    if name == "conv":
        for width, stride in zip(widths, strides):
            layers += [*conv_bn(channels, width, 3, stride), nn.ReLU(inplace=True)]
            channels = width
    else:
        layers, channels = [*conv_bn(3, 64, 3, 1), nn.ReLU(inplace=True)], 64
        for stage, width in enumerate([64, 128, 256, 512]):
            for index in range(2):
                stride = 2 if stage > 0 and index == 0 else 1
                layers.append(BasicBlock(channels, width, stride))
                channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), channels


def negatives_of(batch):
    """True for every pair but a row with itself and with its positive."""
    one_view = ~torch.eye(batch, dtype=torch.bool)
    return one_view.repeat(2, 2)


def debiased(first, second, mask, temperature, tau_plus):
    """Chuang et al. 2020 with all pairs at once, as the reference code computes it."""
    rows = torch.cat([first, second])
    similarities = torch.exp(torch.mm(rows, rows.t().contiguous()) / temperature)
    negative = similarities.masked_select(mask).view(len(rows), -1)
    positive = torch.exp(torch.sum(first * second, dim=-1) / temperature)
    positive = torch.cat([positive, positive])
    count = len(rows) - 2
    estimate = (-tau_plus * count * positive + negative.sum(dim=-1)) / (1 - tau_plus)
    estimate = torch.clamp(estimate, min=count * math.exp(-1 / temperature))
    return (-torch.log(positive / (positive + estimate))).mean()


def training_step(spec, common):
    features, width = encoder(spec["encoder"], common["widths"], common["strides"])
    hidden, out = common["hidden"], common["out"]
    head = nn.Sequential(
        nn.Linear(width, hidden, bias=False),
        nn.BatchNorm1d(hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, out),
    )
    network = nn.Sequential(features, head).train()
    adam = torch.optim.Adam(network.parameters(), lr=common["learningRate"])
    views = [torch.randn(spec["batch"], 3, spec["size"], spec["size"]) for _ in range(2)]
    mask = negatives_of(spec["batch"])

    def step():
        first, second = (F.normalize(network(view), dim=-1) for view in views)
        loss = debiased(first, second, mask, common["temperature"], common["tauPlus"])
        adam.zero_grad()
        loss.backward()
        adam.step()
        return loss.item()

    return step


def loss_step(pairs, common):
    views = [torch.randn(pairs, common["out"], requires_grad=True) for _ in range(2)]
    mask = negatives_of(pairs)

    def step():
        first, second = (F.normalize(view, dim=-1) for view in views)
        loss = debiased(first, second, mask, common["temperature"], common["tauPlus"])
        for view in views:
            view.grad = None
        loss.backward()
        return loss.item()

    return step


def median_milliseconds(step, repetitions):
    for _ in range(2):
        step()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    return sorted(times)[repetitions // 2]


def main():
    asked = json.load(sys.stdin)
    torch.manual_seed(0)
    torch.set_num_threads(asked["threads"] or len(os.sched_getaffinity(0)))
    works = [(spec["what"], lambda spec=spec: training_step(spec, asked)) for spec in asked["steps"]]
    works += [(loss["what"], lambda loss=loss: loss_step(loss["pairs"], asked)) for loss in asked["losses"]]
    for what, make in works:
        milliseconds = median_milliseconds(make(), asked["repetitions"])
        print(json.dumps({"what": what, "ms": milliseconds, "version": torch.__version__}), flush=True)


if __name__ == "__main__":
    main()

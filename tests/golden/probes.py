"""Writes probes.json: kNN and linear classifiers of PyTorch on fixed features, in float64.

    apt-get install python3-torch && python3 tests/golden/probes.py

- knn: `test()` of chingyaoc/DCL `main.py`. It takes neighbors by `topk` and ranks classes by
  `argsort`, both of which leave open what comes first of equals. Here no neighbors are equal, and
  of classes with equal scores (those without a vote) the lower comes first: a stable sort.
- dcl: `linear.py` of the same, on given features: `nn.Linear`, `CrossEntropyLoss`, `Adam` with L2.
  The initial weights and the order of the examples are tauplus's, from its documented generator
  (Threefry-2x32-20), which is written here again. `amplification` says how much of an error of a
  gradient reaches the weights: the largest sum of learning rate / sqrt(v) over the steps.
- standard: the optimum of softmax regression with an L2 penalty on all but the bias, by
  `torch.optim.LBFGS` to a gradient below 1e-7; of the penalties 1, 0.1, ... the strongest after
  which the loss of a held-out fifth rises.
- linear: the same on standardized features, judged on a test split.
"""

import itertools

import torch
import torch.nn.functional as F

from closed_form import closed_form
from common import rounded, save

torch.set_default_dtype(torch.float64)

CLASSES, DIM, TRAIN, TEST = 7, 5, 61, 16
WORD = 0xFFFFFFFF
PROBE_STREAM = 5
PENALTIES = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5]


def labels(length):
    return torch.tensor([i % CLASSES for i in range(length)])


def features(length, seed, spread, scales=(1, 1, 1, 1, 1)):
    """Clouds around a center of each class, rounded to float32."""
    centers, noise = closed_form("centres", CLASSES * DIM), closed_form(f"noise {seed}", length * DIM)
    rows = [
        [scales[d] * (centers[i % CLASSES * DIM + d] + spread * noise[i * DIM + d]) for d in range(DIM)]
        for i in range(length)
    ]
    return torch.tensor(rows, dtype=torch.float32).double()


def threefry(key, counter):
    keys = [*key, key[0] ^ key[1] ^ 0x1BD11BDA]
    x, y = (counter[0] + keys[0]) & WORD, (counter[1] + keys[1]) & WORD
    for i in range(20):
        r = (13, 15, 26, 6, 17, 29, 16, 24)[i % 8]
        x = (x + y) & WORD
        y = ((y << r | y >> (32 - r)) & WORD) ^ x
        if i % 4 == 3:
            s = i // 4 + 1
            x, y = (x + keys[s % 3]) & WORD, (y + keys[(s + 1) % 3] + s) & WORD
    return x, y


def words(seed, *path):
    """The 32-bit words of the stream `rng(seed, ...path)` of lib/random.ts."""
    key = (seed & WORD, seed >> 32)
    for depth, word in enumerate(path):
        key = threefry(key, (word, depth + 1))
    for counter in itertools.count():
        yield from threefry(key, (counter, 0))


def permutation(stream, n):
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        limit = 2**32 - 2**32 % (i + 1)
        j = next(word for word in stream if word < limit) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return torch.tensor(order)


def judged(out, target):
    """Accuracies as the reference counts them, with a stable sort."""
    prediction = torch.sort(out, dim=-1, descending=True, stable=True).indices
    hits = [(prediction[:, :n] == target[:, None]).any(dim=-1).sum().item() for n in (1, 5)]
    first = out.gather(1, prediction)
    assert (first[:, 0] - first[:, 1]).min() > 1e-3 * first.abs().max(), "a tie for the first place"
    return {
        "top1": 100 * hits[0] / len(target),
        "top5": 100 * hits[1] / len(target),
        "predicted": prediction[:, 0].tolist(),
    }


def knn(k, temperature):
    memory, query = F.normalize(features(TRAIN, 1, 0.8), dim=-1), F.normalize(features(TEST, 2, 0.8), dim=-1)
    sim_matrix = torch.mm(query, memory.t())
    ranked = sim_matrix.sort(dim=-1, descending=True).values
    assert k == TRAIN or (ranked[:, k - 1] - ranked[:, k]).min() > 1e-5, "a tie of neighbors"
    sim_weight, sim_indices = sim_matrix.topk(k=k, dim=-1)
    sim_labels = labels(TRAIN)[sim_indices]
    sim_weight = (sim_weight / temperature).exp()
    one_hot_label = F.one_hot(sim_labels, CLASSES)
    pred_scores = torch.sum(one_hot_label * sim_weight[:, :, None], dim=1)
    shares = pred_scores / pred_scores.sum(dim=1, keepdim=True)
    return {"k": k, "temperature": temperature, **judged(shares, labels(TEST)), "shares": rounded(shares)}


def dcl(seed, epochs, batchSize, learningRate, weightDecay):
    stream = words(seed, PROBE_STREAM, 0)
    uniform = [2 * (next(stream) >> 8) / 2**24 - 1 for _ in range((DIM + 1) * CLASSES)]
    start = (torch.tensor(uniform) / DIM**0.5).float().double().reshape(DIM + 1, CLASSES)
    fc = torch.nn.Linear(DIM, CLASSES)
    with torch.no_grad():
        fc.weight.copy_(start[:-1].T)
        fc.bias.copy_(start[-1])
    optimizer = torch.optim.Adam(fc.parameters(), lr=learningRate, weight_decay=weightDecay)
    loss_criterion = torch.nn.CrossEntropyLoss()
    steps, amplification = 0, torch.zeros(DIM + 1, CLASSES)
    for epoch in range(1, epochs + 1):
        data, target = features(TRAIN, 10 + epoch, 0.8), labels(TRAIN)
        order = permutation(words(seed, PROBE_STREAM, epoch), TRAIN)
        for batch in order.split(batchSize):
            loss = loss_criterion(fc(data[batch]), target[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            steps += 1
            v = [optimizer.state[p]["exp_avg_sq"] for p in (fc.weight, fc.bias)]
            root = (torch.cat([v[0].T, v[1][None]]) / (1 - 0.999**steps)).sqrt()
            amplification += learningRate / (root + 1e-8)
    with torch.no_grad():
        out = fc(features(TEST, 2, 0.8))
        return {
            "seed": seed,
            "options": {
                "epochs": epochs,
                "batchSize": batchSize,
                "learningRate": learningRate,
                "weightDecay": weightDecay,
            },
            "amplification": float(f"{amplification.max().item():.3g}"),
            "weights": rounded(torch.cat([fc.weight.T, fc.bias[None]])),
            "loss": rounded(loss_criterion(out, labels(TEST)))[0],
            **judged(out, labels(TEST)),
        }


def optimum(x, y, l2):
    """The weights [DIM + 1, CLASSES] of the least penalized loss, and that loss."""
    w = torch.zeros(DIM + 1, CLASSES, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [w], max_iter=5000, tolerance_grad=1e-11, tolerance_change=0, history_size=42, line_search_fn="strong_wolfe"
    )

    def penalized():
        return F.cross_entropy(x @ w[:-1] + w[-1], y) + l2 / 2 * w[:-1].pow(2).sum()

    def closure():
        optimizer.zero_grad()
        loss = penalized()
        loss.backward()
        return loss

    optimizer.step(closure)
    loss = closure()
    assert w.grad.abs().max() < 1e-7, f"stopped at a gradient of {w.grad.abs().max()}"
    return w.detach(), loss.item()


def chosen(x, y, seed):
    order = permutation(words(seed, PROBE_STREAM, 0), TRAIN)
    held, fitted = order[: -(-TRAIN // 5)], order[-(-TRAIN // 5) :]
    best, losses = None, []
    for l2 in PENALTIES:
        w, _ = optimum(x[fitted], y[fitted], l2)
        losses.append(F.cross_entropy(x[held] @ w[:-1] + w[-1], y[held]).item())
        if len(losses) > 1:
            assert abs(losses[-1] / losses[-2] - 1) > 5e-3, f"penalties too alike: {losses}"
            if losses[-1] > losses[-2]:
                break
        best = l2
    w, loss = optimum(x, y, best)
    return {"seed": seed, "l2": best, "penalized": loss}, w


def standard(seed, spread):
    x, y = features(TRAIN, 1, spread), labels(TRAIN)
    found, w = chosen(x, y, seed)
    return {**found, "spread": spread, "weights": rounded(w)}


def linear(seed, spread):
    scales = [0.25, 0.5, 1, 2, 4]
    train, test = features(TRAIN, 1, spread, scales), features(TEST, 2, spread, scales)
    mean, variance = train.mean(0), train.var(0, unbiased=False)
    std = (variance + 1e-5 * variance.mean()).sqrt()
    found, w = chosen((train - mean) / std, labels(TRAIN), seed)
    out = (test - mean) / std @ w[:-1] + w[-1]
    fitted = (train - mean) / std @ w[:-1] + w[-1]
    return {
        **found,
        "spread": spread,
        "scales": scales,
        "loss": rounded(F.cross_entropy(out, labels(TEST)))[0],
        "trainLoss": rounded(F.cross_entropy(fitted, labels(TRAIN)))[0],
        **judged(out, labels(TEST)),
    }


golden = {
    "classes": CLASSES,
    "dim": DIM,
    "train": TRAIN,
    "test": TEST,
    "knn": [knn(k, t) for k, t in [(1, 0.5), (5, 0.5), (20, 0.1), (TRAIN, 0.07)]],
    "dcl": [dcl(5, 4, 16, 0.05, 0.01), dcl(2**32 + 6, 3, 512, 1e-3, 1e-6)],
    "standard": [standard(1, 0.8), standard(2, 2)],
    "linear": [linear(3, 0.5), linear(4, 1.5)],
}
save(__file__, golden)

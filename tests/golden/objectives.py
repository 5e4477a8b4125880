"""Writes objectives.json: values and gradients of every objective, by autograd in float64.

    apt-get install python3-torch && python3 tests/golden/objectives.py

The losses are dense and take exponentials before logarithms, as the code of their authors does:

- biased, debiased: chingyaoc/DCL `main.py` (Chuang et al. 2020); for more positives than one its
  estimator with the mean over them (equation 8), and the mean of the losses of the positives
- hard: joshr17/HCL `image/main.py` (Robinson et al. 2021), whose weights are not detached
- oracle: `main.py` with K times the mean over the rows of other classes for Ng (equation 2, Q = K)
- decoupled: Yeh et al. 2022, equation 6, as a mean over anchors; code that adds two directions,
  each a mean over its anchors, has twice this
- supcon: Khosla et al. 2020, equation 2, as a mean over anchors; the authors' code multiplies by
  temperature / base_temperature, which the paper has not
- barlow-twins, vicreg: the papers' pseudocode and the authors' code, with torch's own BatchNorm1d

A case has its value, the gradient by all views (all entries, or products with fixed directions),
and what the comparison in float32 needs: `scale`, the size of the gradient's terms; `cancellation`,
the largest (a + b)/(a - b) in the estimator's difference of a row that is not clamped; `clamped`,
the rows that are. `dense32` is the value of the same code in float32, null where that or its
gradient is not finite. Seeds are the first ones for which no row is so near to the clamp that
rounding decides, the cancellation is at most 50, and the gradient is not tiny: where a loss is below
1e-16, pos / (pos + Ng) rounds to 1 even in float64.
"""

import itertools
import math

import torch

from closed_form import closed_form
from common import entries, rounded, save

BATCHES, DIMS = [2, 3, 5, 8, 33], [1, 2, 3, 16, 128]
TEMPERATURES, PRIORS = [0.5, 0.01, 0.05, 0.1, 0.2, 1], [0.1, 0, 0.05, 0.3, 0.9]
# Each batch and each dimension twice.
SHAPES = [(2, 3), (33, 16), (3, 1), (8, 128), (5, 2), (2, 16), (8, 3), (3, 128), (33, 2), (5, 1)]


def views_of(seed, count, batch, dim, unit):
    """Views of `batch` examples, nearer to each other the lower the row, rounded to float32."""
    centers = closed_form(f"centres {seed}", batch * dim)
    result = []
    for v in range(count):
        noise = closed_form(f"view {v} of {seed}", batch * dim)
        rows = []
        for b in range(batch):
            spread = 0.1 + 4 * b / batch
            row = [centers[b * dim + d] + spread * noise[b * dim + d] for d in range(dim)]
            squares = 0.0
            for x in row:
                squares += x * x
            norm = math.sqrt(squares) if unit else 1
            rows.append([x / norm for x in row])
        result.append(torch.tensor(rows, dtype=torch.float32))
    return result


def labels_of(batch):
    """Three classes, and now and then an example of unknown class, -1."""
    return [-1 if b % 7 == 5 else (b * b + b // 3) % 3 for b in range(batch)]


def ids_of(batch, count):
    """The class of each row of all views; an unknown one is a class of its own."""
    ids = [-2 - b if label < 0 else label for b, label in enumerate(labels_of(batch))]
    return torch.tensor(ids * count)


def debias(negatives, pos, temperature, tau_plus, N):
    """The estimator and its clamp, and how the rows fare."""
    Ng = (-tau_plus * N * pos + negatives) / (1 - tau_plus)
    floor = N * math.e ** (-1 / temperature)
    terms = (tau_plus * N * pos + negatives) / (1 - tau_plus)
    free = Ng >= floor
    report = {
        "clamped": int((~free).sum()),
        "cancellation": (terms / Ng)[free].max().item() if free.any() else 1.0,
        "margin": ((Ng - floor).abs() / terms).min().item(),
    }
    return torch.clamp(Ng, min=floor), report


def two_views(views, temperature):
    """neg [n, K] and pos [n] as the reference has them."""
    out_1, out_2 = views
    batch_size = len(out_1)
    out = torch.cat(views)
    neg = torch.exp(torch.mm(out, out.t()) / temperature)
    mask = ~torch.eye(batch_size, dtype=torch.bool).repeat(2, 2)
    neg = neg.masked_select(mask).view(2 * batch_size, -1)
    pos = torch.exp(torch.sum(out_1 * out_2, dim=-1) / temperature)
    return neg, torch.cat([pos, pos])


def more_views(views, temperature):
    """neg [n, K] and pos [n, M] of any number of views."""
    count, batch = len(views), len(views[0])
    out = torch.cat(views)
    similar = torch.exp(torch.mm(out, out.t()) / temperature)
    same = torch.eye(batch, dtype=torch.bool).repeat(count, count)
    itself = torch.eye(count * batch, dtype=torch.bool)
    neg = similar.masked_select(~same).view(count * batch, -1)
    return neg, similar.masked_select(same & ~itself).view(count * batch, -1)


def biased(views, temperature):
    if len(views) == 2:
        neg, pos = two_views(views, temperature)
        return (-torch.log(pos / (pos + neg.sum(dim=-1)))).mean(), {}
    neg, pos = more_views(views, temperature)
    return (-torch.log(pos / (pos + neg.sum(dim=-1, keepdim=True)))).mean(), {}


def debiased(views, temperature, tauPlus, positives):
    if positives == 1:
        neg, pos = two_views(views, temperature)
        Ng, report = debias(neg.sum(dim=-1), pos, temperature, tauPlus, neg.shape[1])
        return (-torch.log(pos / (pos + Ng))).mean(), report
    neg, pos = more_views(views, temperature)
    Ng, report = debias(neg.sum(dim=-1), pos.mean(dim=-1), temperature, tauPlus, neg.shape[1])
    return (-torch.log(pos / (pos + Ng[:, None]))).mean(), report


def hard(views, temperature, tauPlus, beta):
    neg, pos = two_views(views, temperature)
    imp = (beta * neg.log()).exp()
    reweighted = (imp * neg).sum(dim=-1) / imp.mean(dim=-1)
    Ng, report = debias(reweighted, pos, temperature, tauPlus, neg.shape[1])
    return (-torch.log(pos / (pos + Ng))).mean(), report


def oracle(views, temperature):
    batch = len(views[0])
    _, pos = more_views(views, temperature)
    out = torch.cat(views)
    ids = ids_of(batch, len(views))
    other = (ids[:, None] != ids[None, :]).to(out)
    similar = torch.exp(torch.mm(out, out.t()) / temperature)
    Ng = len(views) * (batch - 1) * (similar * other).sum(1) / other.sum(1)
    return (-torch.log(pos / (pos + Ng[:, None]))).mean(), {}


def decoupled(views, temperature):
    neg, pos = more_views(views, temperature)
    return (-torch.log(pos / neg.sum(dim=-1, keepdim=True))).mean(), {}


def supcon(views, temperature):
    out = torch.cat(views)
    ids = ids_of(len(views[0]), len(views))
    others = 1 - torch.eye(len(out)).to(out)
    positive = (ids[:, None] == ids[None, :]).to(out) * others
    logits = torch.mm(out, out.t()) / temperature
    log_prob = logits - torch.log((torch.exp(logits) * others).sum(1, keepdim=True))
    return (-(positive * log_prob).sum(1) / positive.sum(1)).mean(), {}


def off_diagonal(c):
    return c[~torch.eye(len(c), dtype=torch.bool)]


def barlow_twins(views, **options):
    batch, dim = views[0].shape
    standard = [torch.nn.BatchNorm1d(dim, affine=False).to(view)(view) for view in views]
    for x in standard:
        x.retain_grad()
    c = standard[0].T @ standard[1] / batch
    on_diag = (torch.diagonal(c) - 1).pow(2).sum()
    loss = on_diag + options["lambda"] * off_diagonal(c).pow(2).sum()

    def scale():
        # The standardization's gradient takes the mean and a projection off this.
        pairs = zip(standard, views)
        return max((x.grad.abs() / (v.var(0, unbiased=False) + 1e-5).sqrt()).max().item() for x, v in pairs)

    return loss, {"scale": scale}


def vicreg(views, invariance, variance, covariance):
    batch, dim = views[0].shape
    repr_loss = torch.nn.functional.mse_loss(*views)
    std_loss, cov_loss = 0, 0
    for view in views:
        x = view - view.mean(dim=0)
        std = torch.sqrt(x.var(dim=0) + 0.0001)
        std_loss = std_loss + torch.relu(1 - std).mean() / 2
        cov = (x.T @ x) / (batch - 1)
        cov_loss = cov_loss + off_diagonal(cov).pow(2).sum() / dim
    return invariance * repr_loss + variance * std_loss + covariance * cov_loss, {}


LOSSES = {
    "biased": biased,
    "debiased": debiased,
    "hard": hard,
    "oracle": oracle,
    "decoupled": decoupled,
    "supcon": supcon,
    "barlow-twins": barlow_twins,
    "vicreg": vicreg,
}


def evaluate(objective, options, inputs, dtype):
    views = [view.to(dtype).requires_grad_() for view in inputs]
    loss, report = LOSSES[objective](views, **options)
    loss.backward()
    return loss.detach(), torch.stack([view.grad for view in views]), report


def case(objective, options, count, batch, dim):
    unit = objective not in ("barlow-twins", "vicreg")
    for seed in itertools.count(1):
        inputs = views_of(seed, count, batch, dim, unit)
        value, gradient, report = evaluate(objective, options, inputs, torch.float64)
        scale = report.pop("scale")() if "scale" in report else gradient.abs().max().item()
        margin = report.pop("margin", 1)
        if margin > 1e-3 and report.get("cancellation", 1) <= 50 and scale > 1e-6:
            break
    found = {
        "objective": objective,
        "options": options,
        "seed": seed,
        "shape": [count, batch, dim],
        "value": rounded(value)[0],
        "gradient": entries(gradient, 24, 8),
        "scale": float(f"{scale:.3g}"),
    }
    if objective in ("oracle", "supcon"):
        found["labels"] = labels_of(batch)
    if report:
        found["clamped"] = report["clamped"]
        found["cancellation"] = float(f"{report['cancellation']:.3g}")
    if options.get("temperature") == 0.01:
        value, gradient, _ = evaluate(objective, options, inputs, torch.float32)
        finite = torch.isfinite(value) and torch.isfinite(gradient).all()
        found["dense32"] = rounded(value)[0] if finite else None
    return found


def cycle(options, index):
    return options[index % len(options)]


cases = []
for i, (batch, dim) in enumerate(itertools.product(BATCHES, DIMS)):
    options = {"temperature": cycle(TEMPERATURES, i), "tauPlus": cycle(PRIORS, 2 * i + i // 5), "positives": 1}
    cases.append(case("debiased", options, 2, batch, dim))
for i, (batch, dim) in enumerate(SHAPES):
    temperature = cycle(TEMPERATURES, i)
    for positives in (2, 3):
        options = {"temperature": temperature, "tauPlus": cycle(PRIORS, i + positives), "positives": positives}
        cases.append(case("debiased", options, positives + 1, batch, dim))
    for j, beta in enumerate([0.5, 1, 2]):
        options = {"temperature": cycle(TEMPERATURES, i + j), "tauPlus": cycle(PRIORS, i + 2 * j), "beta": beta}
        cases.append(case("hard", options, 2, batch, dim))
    for objective in ("biased", "decoupled", "oracle", "supcon"):
        cases.append(case(objective, {"temperature": temperature}, 2, batch, dim))
        if i % 3 == 0:
            cases.append(case(objective, {"temperature": cycle(TEMPERATURES, i + 1)}, 3, batch, dim))
    cases.append(case("barlow-twins", {"lambda": cycle([0.0051, 1], i)}, 2, batch, dim))
    weights = dict(zip(("invariance", "variance", "covariance"), cycle([[25, 25, 1], [1, 2, 3]], i)))
    cases.append(case("vicreg", weights, 2, batch, dim))

save(__file__, {"cases": cases})

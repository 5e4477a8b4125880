"""Writes statistics.json: paired t-tests, and Holm's adjustment of p-values.

    apt-get install python3-numpy && python3 tests/golden/statistics.py

Student's t by integrating its density, with x = sqrt(df) tan(angle), where it is a power of the
cosine: no function of jstat or of SciPy is used.
"""

import json
import math
import pathlib

import numpy as np

NODES, WEIGHTS = np.polynomial.legendre.leggauss(400)


def mass(low, high, df):
    """The integral of cos(angle)^(df - 1) from low to high."""
    angles = (high - low) / 2 * NODES + (high + low) / 2
    return float((high - low) / 2 * np.sum(WEIGHTS * np.cos(angles) ** (df - 1)))


def two_sided(t, df):
    """The probability that a Student's t of df degrees is further from 0 than t."""
    whole = mass(0, math.pi / 2, df)
    return mass(math.atan(abs(t) / math.sqrt(df)), math.pi / 2, df) / whole


def quantile(df):
    """The t which 5 % are further from 0 than, by bisection."""
    low, high = 0.0, 100.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, df) > 0.05 else (low, middle)
    return (low + high) / 2


def paired(a, b):
    """The paired t-test of a against b."""
    d = np.array(a) - np.array(b)
    error = float(d.std(ddof=1)) / math.sqrt(len(d))
    df = len(d) - 1
    return {
        "a": a,
        "b": b,
        "mean": float(d.mean()),
        "deviation": float(d.std(ddof=1)),
        "halfWidth": quantile(df) * error,
        "p": two_sided(float(d.mean()) / error, df),
    }


def holm(p):
    """Each p times the number of those that are at least as large, made monotone, at most 1."""
    adjusted = [0.0] * len(p)
    for i, own in enumerate(p):
        before = [(q, j) for j, q in enumerate(p) if (q, j) <= (own, i)]
        adjusted[i] = max(
            min(1.0, q * sum((r, k) >= (q, j) for k, r in enumerate(p))) for q, j in before
        )
    return adjusted


random = np.random.default_rng(0)
tests = []
for n, shift in [(2, 1.0), (3, 0.3), (5, 0.0), (5, 4.0), (20, 0.3), (30, 3.0)]:
    base = np.round(70 + random.normal(size=n), 2)
    other = np.round(base + shift + random.normal(size=n) / 2, 2)
    tests.append(paired(other.tolist(), base.tolist()))
families = [[0.01], [0.01, 0.04, 0.03, 0.005], [0.2, 0.2, 0.9, 0.5], [0.04, 0.04, 1e-9]]
golden = {
    "made": f"numpy {np.__version__}",
    "tests": tests,
    "holm": [{"p": p, "adjusted": holm(p)} for p in families],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, indent=1) + "\n")

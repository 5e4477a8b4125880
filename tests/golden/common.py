"""What the golden scripts of objectives, optimizers and probes share; inputs are in closed_form.py."""

import json
import pathlib

import torch

from closed_form import closed_form


def rounded(numbers):
    """To nine digits, two more than a float32 has."""
    return [float(f"{x:.9g}") for x in torch.as_tensor(numbers).flatten().tolist()]


def entries(tensor, most, projections):
    """All entries of a small tensor; of a larger one its products with fixed directions."""
    flat = tensor.detach().flatten()
    if flat.numel() <= most:
        return rounded(flat)
    directions = [torch.tensor(closed_form(f"direction {k}", flat.numel())) for k in range(projections)]
    return rounded(torch.stack([flat @ direction.to(flat) for direction in directions]))


def save(script, golden):
    """Writes the JSON beside the script: lists of cases with a line each."""
    lines = [f'"made": {json.dumps("torch " + torch.__version__)}']
    for name, value in golden.items():
        if isinstance(value, list):
            cases = ",\n".join(json.dumps(case, separators=(",", ":")) for case in value)
            lines.append(f"{json.dumps(name)}: [\n{cases}\n]")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}")
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    pathlib.Path(script).with_suffix(".json").write_text(text)

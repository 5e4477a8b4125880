"""Writes views.json: what torchvision's tensor operations make of small images.

    pip install torch torchvision pillow && python tests/golden/views.py
"""

import json
import pathlib

import torch
import torchvision
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode


def image(height, width, channels):
    """Bytes with edges, smooth parts and all hues; the test has the same formula."""
    y, x, c = torch.meshgrid(*map(torch.arange, (height, width, channels)), indexing="ij")
    return ((37 * y * y + 91 * x + 53 * c * (x + 2) + 11 * x * y * c) % 256).to(torch.uint8)


def flat(tensor):
    """[c, h, w] to interleaved values."""
    return [round(v, 7) for v in tensor.permute(1, 2, 0).flatten().tolist()]


def resize(height, width, channels, box, size):
    bytes_ = image(height, width, channels)
    tensor = bytes_.permute(2, 0, 1).float() / 255
    args = (*box, [size, size], InterpolationMode.BILINEAR)
    pillow = Image.fromarray(bytes_.squeeze(-1).numpy())
    return {
        "shape": [height, width, channels],
        "box": dict(zip(("top", "left", "height", "width"), box)),
        "size": size,
        "tensor": flat(F.resized_crop(tensor, *args, antialias=True)),
        "pillow": flat(F.pil_to_tensor(F.resized_crop(pillow, *args))),
    }


rgb = image(6, 6, 3).permute(2, 0, 1).float() / 255
grey = image(6, 6, 1).permute(2, 0, 1).float() / 255
color = [
    {"operation": op, "channels": im.shape[0], "factor": f, "result": flat(getattr(F, "adjust_" + op)(im, f))}
    for op, im, factors in [
        ("brightness", rgb, [0.6, 1.4]),
        ("contrast", rgb, [0.6, 1.4]),
        ("contrast", grey, [0.6, 1.4]),
        ("saturation", rgb, [0.0, 0.6, 1.4]),
        ("hue", rgb, [-0.5, -0.1, 0.07, 0.1, 0.35]),
    ]
    for f in factors
]
blur = [
    {"kernel": k, "sigma": s, "result": flat(F.gaussian_blur(rgb, [k, k], [s, s]))}
    for k, s in [(3, 0.1), (3, 0.7), (3, 2.0), (5, 1.3), (9, 2.0)]
]
golden = {
    "made": f"torch {torch.__version__}, torchvision {torchvision.__version__}",
    "resize": [
        resize(6, 6, 3, (0, 0, 6, 6), 6),
        resize(9, 7, 3, (2, 1, 3, 4), 8),
        resize(13, 17, 3, (1, 2, 11, 14), 4),
        resize(12, 9, 1, (3, 0, 9, 2), 5),
        resize(20, 20, 1, (0, 0, 20, 20), 3),
        resize(5, 5, 1, (4, 4, 1, 1), 3),
    ],
    "color": color,
    "blur": blur,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")

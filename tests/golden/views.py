"""Writes views.json: what torchvision makes of small images with fixed parameters.

    python3 tests/golden/views.py      (Debian: python3-torch python3-torchvision)

"tensor" results are torchvision's operations on float64 tensors of 0 to 1. One constant is changed:
gray is 0.299 R + 0.587 G + 0.114 B, Pillow's, as the reference's images are Pillow's; torchvision
has 0.2989 for tensors, which would hide errors below 1e-4. "bytes" results are the same operations
on Pillow images, rounded to bytes after each, as the reference (utils.py) has them. The
reference blurs with OpenCV, whose weights and border are those of torchvision.

The whole views ("pipeline") are drawn here once more from the stream of (seed, epoch, index, view),
as the comments of lib/random.ts and lib/views/parameters.ts say it.
"""

import itertools
import json
import math
import pathlib

import torch
import torchvision
import torchvision.transforms.functional as F
import torchvision.transforms.functional_tensor as F_tensor
from PIL import Image
from torchvision.transforms import InterpolationMode, RandomResizedCrop

torch.set_default_dtype(torch.float64)
OPERATIONS = ["brightness", "contrast", "saturation", "hue"]


def gray(image, num_output_channels=1):
    r, g, b = image.unbind(-3)
    one = (0.299 * r + 0.587 * g + 0.114 * b).unsqueeze(-3)
    return one.expand(image.shape) if num_output_channels == 3 else one


F_tensor.rgb_to_grayscale = gray


def pattern(height, width, channels):
    """Bytes with edges, smooth parts and all hues; the tests have the same formulas."""
    y, x, c = torch.meshgrid(*map(torch.arange, (height, width, channels)), indexing="ij")
    return ((37 * y * y + 91 * x + 53 * c * (x + 2) + 11 * x * y * c) % 256).to(torch.uint8)


def smooth(height, width, channels):
    """Bytes that change little from pixel to pixel, but for some edges."""
    y, x, c = torch.meshgrid(*map(torch.arange, (height, width, channels)), indexing="ij")
    return ((6 * y * (c + 1) + 4 * x * (3 - c) + x * y // 5) % 256).to(torch.uint8)


def palette():
    """The 27 colors of levels 0, 127 and 255: grays, pure colors, and channels that tie."""
    i = torch.arange(27)
    digits = torch.stack([i % 3, i // 3 % 3, i // 9], -1)
    return (digits * 255 // 2).to(torch.uint8).reshape(3, 9, 3)


def tensor(bytes_):
    return bytes_.permute(2, 0, 1).double() / 255


def pillow(bytes_):
    return Image.fromarray(bytes_.squeeze(-1).numpy())


def flat(image):
    """A tensor [c, h, w] or a Pillow image, as interleaved values."""
    if isinstance(image, Image.Image):
        return F.pil_to_tensor(image).permute(1, 2, 0).flatten().tolist()
    return [round(v, 7) + 0.0 for v in image.permute(1, 2, 0).flatten().tolist()]


def resized_crop(image, box, size, flip=False):
    result = F.resized_crop(image, *box, [size, size], InterpolationMode.BILINEAR, antialias=True)
    return F.hflip(result) if flip else result


def resize(height, width, channels, box, size, flip=False):
    bytes_ = pattern(height, width, channels)
    return {
        "shape": [height, width, channels],
        "box": dict(zip(("top", "left", "height", "width"), box)),
        "size": size,
        "flip": flip,
        "tensor": flat(resized_crop(tensor(bytes_), box, size, flip)),
        "bytes": flat(resized_crop(pillow(bytes_), box, size, flip)),
    }


def adjust(operation, image, amount):
    return getattr(F, "adjust_" + operation)(image, amount)


def color(name, bytes_, operation, amount):
    return {
        "image": name,
        "operation": operation,
        "amount": amount,
        "tensor": flat(adjust(operation, tensor(bytes_), amount)),
        "bytes": flat(adjust(operation, pillow(bytes_), amount)),
    }


WORD = 2**32


def threefry(key, counter):
    """Threefry-2x32 with 20 rounds."""
    keys = [*key, key[0] ^ key[1] ^ 0x1BD11BDA]
    a, b = (counter[0] + key[0]) % WORD, (counter[1] + key[1]) % WORD
    for i in range(20):
        turn = (13, 15, 26, 6, 17, 29, 16, 24)[i % 8]
        a = (a + b) % WORD
        b = (b << turn | b >> (32 - turn)) % WORD ^ a
        if i % 4 == 3:
            s = i // 4 + 1
            a, b = (a + keys[s % 3]) % WORD, (b + keys[(s + 1) % 3] + s) % WORD
    return a, b


def uniforms(seed, *path):
    """The first 50 draws of the stream of a path."""
    key = (seed % WORD, seed // WORD)
    for depth, word in enumerate(path):
        key = threefry(key, (word, depth + 1))
    words = [word for k in range(25) for word in threefry(key, (k, 0))]
    return [(word >> 8) / 2**24 for word in words]


def between(low, high, u):
    return low + (high - low) * u


def draw(u, height, width, o):
    """One view's parameters, by the numbers of the draws."""
    factors = [
        between(max(0, 1 - o[name]), 1 + o[name], u[2 + k]) for k, name in enumerate(OPERATIONS[:3])
    ]
    jitter = dict(zip(OPERATIONS, [*factors, between(-o["hue"], o["hue"], u[5])]))
    orders = list(itertools.permutations(OPERATIONS))
    drawn = {
        "flip": u[0] < o["flip"],
        "jitter": {**jitter, "order": orders[int(u[6] * 24)]} if u[1] < o["jitter"] else None,
        "grayscale": u[7] < o["grayscale"],
        "blurSigma": between(o["blurSigmaMin"], o["blurSigmaMax"], u[9]) if u[8] < o["blur"] else None,
    }
    ratios = o["cropRatioMin"], o["cropRatioMax"]
    # No box has 50 times the area: torchvision's own fallback.
    box = RandomResizedCrop.get_params(torch.empty(1, height, width), (50.0, 50.0), ratios)
    for t in range(10):
        area, ratio, top, left = u[10 + 4 * t : 14 + 4 * t]
        area = height * width * between(o["cropScaleMin"], o["cropScaleMax"], area)
        ratio = math.exp(between(*map(math.log, ratios), ratio))
        h, w = round(math.sqrt(area / ratio)), round(math.sqrt(area * ratio))
        if 0 < h <= height and 0 < w <= width:
            box = int(top * (height - h + 1)), int(left * (width - w + 1)), h, w
            break
    return {"crop": dict(zip(("top", "left", "height", "width"), box)), **drawn}


def view(image, drawn, size, kernel):
    """The reference's train_transform with the parameters that were drawn, before ToTensor."""
    rgb = F.get_dimensions(image)[0] == 3
    image = resized_crop(image, drawn["crop"].values(), size, drawn["flip"])
    for operation in drawn["jitter"]["order"] if drawn["jitter"] else []:
        image = adjust(operation, image, drawn["jitter"][operation])
    if drawn["grayscale"] and rgb:
        image = F.rgb_to_grayscale(image, 3)
    if drawn["blurSigma"] is not None:
        image = F.gaussian_blur(image, kernel, drawn["blurSigma"])
    return image


def pipeline(shape, kernel, options, indices, rows, mean, std):
    seed, epoch = 2**40 + 3, 7
    size = options["cropSize"]
    bytes_ = smooth(*shape)

    def one(index, number):
        drawn = draw(uniforms(seed, 3, epoch, index, number), *shape[:2], options)
        normalized = F.normalize(view(tensor(bytes_), drawn, size, kernel), mean, std)
        levels = F.pil_to_tensor(view(pillow(bytes_), drawn, size, kernel))
        pick = lambda image: image[:, rows].permute(1, 2, 0).flatten().tolist()
        return {
            "drawn": drawn,
            "tensor": [round(v, 6) + 0.0 for v in pick(normalized)],
            "bytes": pick(levels),
        }

    return {
        "shape": shape,
        "seed": seed,
        "epoch": epoch,
        "options": options,
        "mean": mean,
        "std": std,
        "rows": rows,
        "indices": indices,
        "views": [[one(index, number) for index in indices] for number in (0, 1)],
    }


REFERENCE = {
    "cropSize": 32,
    "cropScaleMin": 0.08,
    "cropScaleMax": 1,
    "cropRatioMin": 3 / 4,
    "cropRatioMax": 4 / 3,
    "flip": 0.5,
    "jitter": 0.8,
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.1,
    "grayscale": 0.2,
    "blur": 0.5,
    "blurKernel": 0,
    "blurSigmaMin": 0.1,
    "blurSigmaMax": 2.0,
}
MEAN, STD = [0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]
STRONG = {"jitter": 1, "brightness": 0.8, "contrast": 0.8, "saturation": 0.8, "hue": 0.5, "blur": 0.8}

rgb, single = pattern(6, 6, 3), pattern(6, 6, 1)
orders = list(itertools.permutations(OPERATIONS))
amounts = {"brightness": 1.3, "contrast": 0.7, "saturation": 1.4, "hue": 0.08}


def in_order(order):
    image = tensor(pattern(3, 4, 3))
    for operation in order:
        image = adjust(operation, image, amounts[operation])
    return flat(image)


golden = {
    "made": f"torch {torch.__version__}, torchvision {torchvision.__version__}, Pillow {Image.__version__}",
    "resize": [
        resize(6, 6, 3, (0, 0, 6, 6), 6),
        resize(9, 7, 3, (2, 1, 3, 4), 8),
        resize(9, 7, 3, (2, 1, 3, 4), 5, flip=True),
        resize(13, 17, 3, (1, 2, 11, 14), 4),
        resize(33, 29, 3, (3, 5, 27, 19), 5, flip=True),
        resize(12, 9, 1, (3, 0, 9, 2), 5),
        resize(4, 11, 1, (0, 0, 4, 11), 7),
        resize(20, 20, 1, (0, 0, 20, 20), 3),
        resize(96, 96, 1, (0, 0, 96, 96), 4),
        resize(5, 5, 1, (4, 4, 1, 1), 3),
        resize(7, 5, 3, (0, 4, 1, 1), 2),
        resize(7, 5, 3, (0, 0, 7, 1), 3),
        resize(3, 50, 1, (1, 0, 1, 50), 3),
    ],
    "color": [
        color(name, image, operation, amount)
        for operation, listed in [
            ("brightness", [0, 0.6, 1.4, 3]),
            ("contrast", [0, 0.6, 1.4, 3]),
            ("saturation", [0, 0.6, 1.4, 3]),
            ("hue", [-0.5, -0.1, 0.0, 0.07, 1 / 3, 0.5]),
        ]
        for amount in listed
        for name, image in [("palette", palette()), ("rgb", rgb)]
        if name == "palette" or amount in (0.6, 1.4, -0.1, 0.07)
    ]
    + [color("single", single, op, f) for op in ("brightness", "contrast") for f in (0.6, 1.4)],
    "jitter": {
        "amounts": amounts,
        "orders": [{"order": order, "tensor": in_order(order)} for order in orders],
    },
    "blur": [
        {"kernel": k, "sigma": s, "tensor": flat(F.gaussian_blur(tensor(rgb), k, s))}
        for k, s in [(3, 0.1), (3, 0.7), (3, 2.0), (5, 1.3), (9, 2.0)]
    ],
    "pipeline": [
        pipeline([96, 96, 3], 3, REFERENCE, [0, 1, 2, 3], [0, 17], MEAN, STD),
        pipeline(
            [13, 9, 3],
            5,
            {**REFERENCE, **STRONG, "cropSize": 11, "blurKernel": 5},
            [11, 2**31 + 5],
            [0, 5, 10],
            [0.5] * 3,
            [0.25] * 3,
        ),
        pipeline(
            [28, 28, 1],
            3,
            {**REFERENCE, "cropSize": 28, "cropScaleMin": 0.2, "jitter": 1},
            [5, 6, 7],
            [0, 13],
            [0.286],
            [0.353],
        ),
        # Few tries fit, if any.
        pipeline([5, 40, 3], 3, {**REFERENCE, "cropSize": 8, "blurKernel": 3}, [1, 2, 3], [0, 7], MEAN, STD),
    ],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")

"""Writes opencv_blur.json: what OpenCV's GaussianBlur, the reference's, makes of a small image.

    python3 tests/golden/opencv_blur.py      (the packages opencv-python-headless and numpy)

"tensor" is of float64 pixels of 0 to 1; "bytes" is of bytes, as in the reference's utils.py.
"""

import json
import pathlib

import cv2
import numpy as np

y, x, c = np.meshgrid(np.arange(6), np.arange(6), np.arange(3), indexing="ij")
# The pattern of views.py.
image = ((37 * y * y + 91 * x + 53 * c * (x + 2) + 11 * x * y * c) % 256).astype(np.uint8)


def blur(kernel, sigma):
    size = (kernel, kernel)
    smooth = cv2.GaussianBlur(image / 255, size, sigma)
    return {
        "kernel": kernel,
        "sigma": sigma,
        "tensor": np.round(smooth, 7).flatten().tolist(),
        "bytes": cv2.GaussianBlur(image, size, sigma).flatten().tolist(),
    }


golden = {
    "made": f"opencv {cv2.__version__}, numpy {np.__version__}",
    "blur": [blur(3, sigma) for sigma in (0.1, 0.4, 1.0, 2.0)] + [blur(9, 2.0)],
}
pathlib.Path(__file__).with_suffix(".json").write_text(
    json.dumps(golden, separators=(",", ":")) + "\n"
)

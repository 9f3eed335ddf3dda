"""Pictures of a result; the one place for matplotlib."""

from __future__ import annotations

import math
from typing import Any

import numpy


def plot(result: Any, axes: Any = None) -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("Result.plot needs matplotlib: pip install matplotlib") from error
    samples = result.numpy()
    shape = samples.shape[1:]
    if axes is None:
        axes = plt.figure(figsize=(6, 6)).add_subplot()
    if math.prod(shape) <= 2:
        return _points(axes, samples.reshape(len(samples), -1), result.exponent)
    if len(shape) == 2 or (len(shape) == 3 and shape[0] in (1, 3)):
        return _images(axes, samples)
    raise ValueError(f"samples of shape {shape} are neither points of one or two numbers nor images")


def _points(axes: Any, samples: numpy.ndarray, exponent: numpy.ndarray) -> Any:
    if samples.shape[1] == 1:
        axes.hist(samples[numpy.isfinite(samples)], bins=100)
        axes.set_xlabel("x")
        return axes
    dots = axes.scatter(samples[:, 0], samples[:, 1], c=exponent, s=4, cmap="turbo")
    axes.figure.colorbar(dots, ax=axes, label="exponent of the decisions")
    axes.set_aspect("equal")
    return axes


def _images(axes: Any, samples: numpy.ndarray) -> Any:
    images = samples if samples.ndim == 4 else samples[:, None]
    columns = math.ceil(math.sqrt(min(len(images), 64)))
    rows = math.ceil(min(len(images), 64) / columns)
    _, channels, height, width = images.shape
    canvas = numpy.full((rows * height, columns * width, channels), numpy.nan)
    for i, image in enumerate(images[: rows * columns]):
        y, x = divmod(i, columns)
        canvas[y * height : (y + 1) * height, x * width : (x + 1) * width] = image.transpose(1, 2, 0)
    low, high = numpy.nanquantile(images, (0.005, 0.995))
    canvas = numpy.clip((canvas - low) / max(high - low, 1e-30), 0, 1)
    axes.imshow(canvas[..., 0] if channels == 1 else canvas, cmap="gray" if channels == 1 else None)
    axes.set_axis_off()
    return axes

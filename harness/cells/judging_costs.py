"""Time and size of a fitted method, measured the same way for all: on real images in memory, after warm-up.

Shapes: V views of an image or of several, H x W pixels, C colours.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from harness.framing import stitch
from harness.images import ImageSet, View
from harness.methods.base import Method
from harness.records import JudgingCosts
from mfrnet.tensor_file import save_tensors

BATCH_SIZE = 8
_NUM_SINGLES = 30
_NUM_BATCHES = 6
_WARM_UP = 2
_MAX_SECONDS = 1.0
_MIN_CALLS = 5
"""Calls timed even if they take longer than ``_MAX_SECONDS``."""
_MAX_VIEWS_HELD = 512
"""Tiles, or whole images, that are kept in memory: 57 MB at 192 px."""
_MAX_VIEWS_JUDGED = 32
"""Given to a method at once, so that an image of many tiles needs no more memory than one of few."""


def measure_judging(method: Method, images: ImageSet, device: str) -> JudgingCosts:
    """Time ``Method.judge`` on images of the category, and measure the size of what the method saves.

    The time of an image that is cut into tiles is that of all its tiles and of stitching their maps.
    Decoding, resizing and cutting are excluded, because they are the same for every method. Takes about
    two seconds, or fourteen calls of a slow method. Other work on the same cores makes the times longer.

    Args:
        method: Fitted.
        images: Test images; at most 30 are used, evenly spaced, and fewer where they are many tiles.
        device: Where the method runs; a GPU is waited for before a clock is read.
    """
    of_images = images.images()
    num_held = max(1, min(_NUM_SINGLES, _MAX_VIEWS_HELD // max(len(views) for views in of_images)))
    spaced = sorted({round(row) for row in np.linspace(0, len(of_images) - 1, num_held)})
    held = [_held(images, of_images[row]) for row in spaced]
    singles = [[held[row % len(held)]] for row in range(_NUM_SINGLES)]
    batches = [
        [held[(first + offset) % len(held)] for offset in range(BATCH_SIZE)]
        for first in range(0, BATCH_SIZE * _NUM_BATCHES, BATCH_SIZE)
    ]
    p50_seconds, p95_seconds, images_per_second = _latency(method, singles, device)
    batch_p50_seconds, batch_p95_seconds, batch_images_per_second = _latency(method, batches, device)
    return JudgingCosts(
        latency_p50_seconds=p50_seconds,
        latency_p95_seconds=p95_seconds,
        images_per_second=images_per_second,
        batch_size=BATCH_SIZE,
        batch_latency_p50_seconds=batch_p50_seconds,
        batch_latency_p95_seconds=batch_p95_seconds,
        batch_images_per_second=batch_images_per_second,
        size_bytes=_saved_size(method),
    )


@dataclass(frozen=True)
class _Image:
    """An image in memory, as a method sees it."""

    views: list[View]
    pixels_VHWC: NDArray[np.uint8]


def _held(images: ImageSet, views: range) -> _Image:
    (pixels_VHWC,) = images.select(views).batches(len(views))
    return _Image([images.view(view) for view in views], pixels_VHWC)


def _latency(method: Method, batches: Sequence[Sequence[_Image]], device: str) -> tuple[float, float, float]:
    """Median and 95th percentile of the seconds of a call, and images over the sum of the seconds."""
    for batch in batches[:_WARM_UP]:
        _timed(method, batch, device)
    seconds: list[float] = []
    for batch in batches:
        seconds.append(_timed(method, batch, device))
        if len(seconds) >= _MIN_CALLS and sum(seconds) > _MAX_SECONDS:
            break
    num_images = len(seconds) * len(batches[0])
    p50, p95 = np.percentile(seconds, [50, 95])
    return float(p50), float(p95), num_images / sum(seconds)


def _timed(method: Method, batch: Sequence[_Image], device: str) -> float:
    pixels_VHWC = np.concatenate([image.pixels_VHWC for image in batch])
    _wait_for(device)
    started = time.perf_counter()
    maps_VHW: list[NDArray[np.float32]] = []
    for first in range(0, len(pixels_VHWC), _MAX_VIEWS_JUDGED):
        maps_VHW += [*method.judge(pixels_VHWC[first : first + _MAX_VIEWS_JUDGED]).maps_BHW]
    _wait_for(device)
    left = iter(maps_VHW)
    for image in batch:
        stitch(image.views, list(islice(left, len(image.views))))
    return time.perf_counter() - started


def _wait_for(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def _saved_size(method: Method) -> int:
    state = method.state()
    tensors = {**state.tensors, **{f"backbone.{name}": value for name, value in state.backbone.items()}}
    with tempfile.TemporaryDirectory(prefix="bench-size-") as folder:
        file = Path(folder) / "model.safetensors"
        save_tensors(tensors, file)
        return file.stat().st_size

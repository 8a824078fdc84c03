"""A kept detector that judges image files, several batches at a time; an unreadable file is an answer too.

Shapes: V views of images, H x W pixels of a view, Y x X pixels of a map.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from harness.bundles.bundle import Bundle, read_bundle
from harness.bundles.description import BundleDescription
from harness.bundles.threshold import Thresholds
from harness.environment import num_cores
from harness.errors import BenchError, DataError
from harness.framing import image_score, stitch, views_of
from harness.images import View, read_rgb, resize_rgb
from harness.torch_threads import torch_threads

BATCH_SIZE = 4
"""On two cores, two batches of 4 at a time were the fastest of 1, 4, 8 and 16 images (benchmarks/predict_speed.py)."""
_MAX_THREADS = 8
_MAX_VIEWS = 32
"""Given to a method at once, so that an image of many tiles needs no more memory than one of few."""
_ASPECT_TOLERANCE = 0.05
"""How far width over height may lie outside the range of the fitted images before an image is refused."""


@dataclass(frozen=True)
class Region:
    """A connected part of an image above the pixel threshold; pixels of the image, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int
    highest: float
    """Value of the map."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a detector says of one image."""

    path: Path
    image_px: tuple[int, int]
    """Height and width of the file's image."""
    score: float
    is_anomalous: bool | None
    """None without thresholds."""
    share: float | None
    """Of the image that is above the pixel threshold; None without thresholds."""
    regions: tuple[Region, ...]
    """Sorted by their highest value."""
    map_YX: NDArray[np.float32]
    """Anomaly map at the size that the method saw, or that its views were stitched to."""


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A file that could not be judged."""

    path: Path
    reason: str


@dataclass(frozen=True)
class _Decoded:
    path: Path
    image_px: tuple[int, int]
    views: tuple[View, ...]
    pixels_VHW3: NDArray[np.uint8]


class KeptDetector:
    """A detector from a bundle.

    >>> import tempfile, harness
    >>> from pathlib import Path
    >>> folder = tempfile.mkdtemp()
    >>> bundles = harness.fit(
    ...     datasets=["demo/board"], methods=["constant"], protocol={"image_size_px": 32},
    ...     out=Path(folder) / "board", false_alarms=0.2,
    ... )
    >>> detector = harness.load(bundles[0])
    >>> detector.thresholds.false_alarms
    0.2
    """

    def __init__(self, bundle: Bundle) -> None:
        """Args:
        bundle: From ``read_bundle``.
        """
        self.description: BundleDescription = bundle.description
        self.thresholds: Thresholds | None = bundle.description.thresholds
        self._method = bundle.method
        self._is_on_cpu = bundle.device == "cpu"

    def judge(self, paths: Iterable[Path | None], batch_size: int = BATCH_SIZE) -> Iterator[Judgement | Unreadable]:
        """Judge files in order. The next ones are decoded in threads meanwhile.

        On a CPU, as many batches are judged at a time as there are cores, at most 8, with one thread of torch each:
        that is faster than all cores for one batch after the other, and one image has the same map however many
        cores there are. Until the end, further threads of the caller have one thread of torch, too. A GPU judges one
        batch at a time. In memory is one batch more than is judged.

        Args:
            paths: Image files; may be endless. None asks for the answers to all files before it.
            batch_size: Images that are judged together, at least 1.
        """
        num_threads = min(_MAX_THREADS, num_cores())
        num_judging = num_threads if self._is_on_cpu else 1
        decoding = ThreadPoolExecutor(num_threads, "decode")
        judging = ThreadPoolExecutor(num_judging, "judge", _one_torch_thread if self._is_on_cpu else None)
        running: deque[Future[list[Judgement | Unreadable]]] = deque()
        batch: list[tuple[Path, Future[_Decoded]]] = []
        # Restored after the last thread that sets it has ended.
        with torch_threads(None):
            try:
                for path in chain(paths, [None]):
                    if path is not None:
                        batch.append((path, decoding.submit(self._decode, path)))
                    if batch and (path is None or len(batch) == batch_size):
                        running.append(judging.submit(self._judged, batch))
                        batch = []
                    while running and (path is None or len(running) > num_judging):
                        yield from running.popleft().result()
            finally:
                judging.shutdown(cancel_futures=True)
                decoding.shutdown(cancel_futures=True)

    def judge_pixels(self, pixels_HW3: NDArray[np.uint8], path: Path = Path("image")) -> Judgement:
        """Judge one image in memory.

        Args:
            pixels_HW3: RGB, 0 to 255, of any size that the protocol frames.
            path: What the judgement calls it.

        Raises:
            DataError: Its width over height is far from that of the fitted images, or the detector gives no finite map.
        """
        answer = self._answer(*self._scored([self._framed(path, pixels_HW3)])[0])
        if isinstance(answer, Unreadable):
            raise DataError(answer.reason)
        return answer

    def _judged(self, batch: list[tuple[Path, "Future[_Decoded]"]]) -> list[Judgement | Unreadable]:
        answers: list[_Decoded | Unreadable] = []
        for path, future in batch:
            try:
                answers.append(future.result())
            except BenchError as error:
                answers.append(Unreadable(path=path, reason=str(error)))
        scored = iter(self._scored([each for each in answers if isinstance(each, _Decoded)]))
        return [each if isinstance(each, Unreadable) else self._answer(*next(scored)) for each in answers]

    def _decode(self, path: Path) -> _Decoded:
        return self._framed(path, read_rgb(path))

    def _framed(self, path: Path, pixels_HW3: NDArray[np.uint8]) -> _Decoded:
        description = self.description
        image_px = (pixels_HW3.shape[0], pixels_HW3.shape[1])
        aspect, (low, high) = image_px[1] / image_px[0], description.aspect_range
        if description.protocol.aspect == "keep" and not (
            low * (1 - _ASPECT_TOLERANCE) <= aspect <= high * (1 + _ASPECT_TOLERANCE)
        ):
            raise DataError(
                f"{path}: its width over height is {aspect:.2f}, that of the fitted images {low:.2f} to {high:.2f}; it "
                "would be stretched. Crop it alike, or fit with --protocol aspect=pad."
            )
        views = views_of(image_px, description.size_px, description.protocol)
        scaled = {size: resize_rgb(pixels_HW3, size) for size in {view.scaled_px for view in views}}
        pixels = np.stack([view.cut(scaled[view.scaled_px], description.size_px) for view in views])
        return _Decoded(path, image_px, views, pixels)

    def _scored(self, images: list[_Decoded]) -> list[tuple[_Decoded, NDArray[np.float32], float]]:
        if not images:
            return []
        pixels_VHW3 = np.concatenate([each.pixels_VHW3 for each in images])
        maps_V: list[NDArray[np.float32]] = []
        scores_V: list[float] = []
        for first in range(0, len(pixels_VHW3), _MAX_VIEWS):
            judged = self._method.judge(pixels_VHW3[first : first + _MAX_VIEWS])
            maps_V += [*judged.maps_BHW]
            scores_V += [float(score) for score in judged.scores_B]
        found, first = [], 0
        for each in images:
            own = slice(first, first + len(each.views))
            map_YX = stitch(each.views, maps_V[own])
            found.append((each, map_YX, image_score(scores_V[own], map_YX, self.description.protocol)))
            first = own.stop
        return found

    def _answer(self, image: _Decoded, map_YX: NDArray[np.float32], score: float) -> Judgement | Unreadable:
        # A value that is not a number is above no threshold, so the image would pass as normal.
        if not (np.isfinite(score) and np.isfinite(map_YX).all()):
            reason = f"{image.path}: the detector gave a map or a score that is not finite."
            return Unreadable(path=image.path, reason=reason)
        return self._judgement(image, map_YX, score)

    def _judgement(self, image: _Decoded, map_YX: NDArray[np.float32], score: float) -> Judgement:
        limits = self.thresholds
        return Judgement(
            path=image.path,
            image_px=image.image_px,
            score=score,
            is_anomalous=None if limits is None else score > limits.score,
            share=None if limits is None else float((map_YX > limits.pixel).mean()),
            regions=() if limits is None else _regions(map_YX, limits.pixel, image.image_px),
            map_YX=map_YX,
        )


def load(path: str | Path, *, device: str = "cpu", weights: str | Path | None = None) -> KeptDetector:
    """A detector from the bundle that ``bench fit`` or ``bench run --keep-models`` wrote.

    Args:
        path: The bundle's folder.
        device: A torch device.
        weights: Local weights of the backbone, for a bundle without it.

    Raises:
        BundleError: A file is missing or damaged, or another version of the method made it.
        WeightsError: The bundle is without its backbone, and the weights here are others.
    """
    return KeptDetector(read_bundle(Path(path), device, None if weights is None else Path(weights)))


def _one_torch_thread() -> None:
    torch.set_num_threads(1)


def _regions(map_YX: NDArray[np.float32], threshold: float, image_px: tuple[int, int]) -> tuple[Region, ...]:
    above = map_YX > threshold
    if not above.any():
        return ()
    # 8-connected, as ground-truth regions are.
    labels, count = ndimage.label(above, np.ones((3, 3)))
    highest = ndimage.maximum(map_YX, labels, range(1, count + 1))
    down, right = (own / seen for own, seen in zip(image_px, map_YX.shape, strict=True))
    found = [
        Region(
            left=int(columns.start * right),
            top=int(rows.start * down),
            right=min(image_px[1], int(np.ceil(columns.stop * right))),
            bottom=min(image_px[0], int(np.ceil(rows.stop * down))),
            highest=float(peak),
        )
        for (rows, columns), peak in zip(ndimage.find_objects(labels), highest, strict=True)
    ]
    return tuple(sorted(found, key=lambda region: -region.highest))

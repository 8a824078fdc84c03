from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from harness.cells import judging_costs as costs
from harness.cells.judging_costs import BATCH_SIZE, measure_judging
from harness.config import Protocol
from harness.framing import frame
from harness.images import ImageSet
from harness.methods.state import MethodState
from mfrnet import AnomalyMaps
from tests.support.miniatures import write_image


class Recorder:
    """Keeps what it was asked to judge."""

    def __init__(self) -> None:
        self.asked: list[NDArray[np.uint8]] = []

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        self.asked.append(images_BHWC)
        return AnomalyMaps(np.zeros(images_BHWC.shape[:3], np.float32), np.zeros(len(images_BHWC), np.float32))

    def state(self) -> MethodState:
        return MethodState(
            tensors={"bank": torch.zeros(1000, dtype=torch.uint8)},
            backbone={"layer": torch.zeros(50, dtype=torch.uint8)},
        )


@pytest.fixture
def images(tmp_path: Path) -> ImageSet:
    for number in range(4):
        write_image(tmp_path / f"{number}.png", number, size_px=(32, 32), defect=False)
    ids = tuple(f"{number}.png" for number in range(4))
    return ImageSet(ids=ids, paths=tuple(tmp_path / name for name in ids), size_px=(32, 32), key="costs")


def test_only_images_of_the_category_are_judged_and_all_of_them(images: ImageSet) -> None:
    recorder = Recorder()
    measure_judging(recorder, images, "cpu")
    real = {images[row].tobytes() for row in range(4)}
    assert {image.tobytes() for batch in recorder.asked for image in batch} == real
    assert {len(batch) for batch in recorder.asked} == {1, BATCH_SIZE}


def test_an_image_in_tiles_costs_what_all_its_tiles_cost(
    tmp_path: Path, images: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_image(tmp_path / "0.png", 0, size_px=(32, 96))
    tiles = frame(images.ids, images.paths, "tiles", (32, 32), Protocol(image_size_px=32, aspect="tiles"))
    assert [len(rows) for rows in tiles.images()] == [4, 1, 1, 1]
    stitched: list[int] = []
    original = costs.stitch
    monkeypatch.setattr(costs, "stitch", lambda views, maps: (stitched.append(len(maps)), original(views, maps))[1])
    recorder = Recorder()
    measure_judging(recorder, tiles, "cpu")
    assert {len(batch) for batch in recorder.asked} == {4, 1, 2 * 4 + 6}
    assert sum(stitched) == sum(len(batch) for batch in recorder.asked)
    assert set(stitched) == {4, 1}


def test_a_slow_method_is_asked_fewer_times(images: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "_MAX_SECONDS", 0.0)
    recorder = Recorder()
    measured = measure_judging(recorder, images, "cpu")
    assert [len(batch) for batch in recorder.asked].count(1) == 2 + 5
    assert measured.images_per_second > 0


class SlowAtFirst(Recorder):
    """Lets the clock go on during its first two calls."""

    def __init__(self, ticks: Iterator[float]) -> None:
        super().__init__()
        self.ticks = ticks

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        if len(self.asked) < 2:
            next(self.ticks)
        return super().judge(images_BHWC)


def test_quantiles_and_throughput_are_those_of_the_calls_after_the_first_two(
    images: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clock() -> Iterator[float]:
        now = 0.0
        while True:
            yield now
            now += 0.5

    ticks = clock()
    monkeypatch.setattr(costs.time, "perf_counter", lambda: next(ticks))
    measured = measure_judging(SlowAtFirst(ticks), images, "cpu")
    assert (measured.latency_p50_seconds, measured.latency_p95_seconds) == (0.5, 0.5)
    assert measured.images_per_second == 2
    assert measured.batch_images_per_second == 2 * BATCH_SIZE


def test_every_saved_byte_counts(images: ImageSet) -> None:
    size = measure_judging(Recorder(), images, "cpu").size_bytes
    assert 1050 < size < 1300  # with the header of safetensors

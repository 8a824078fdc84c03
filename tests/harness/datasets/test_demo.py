from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from harness.datasets.demo import Demo
from harness.datasets.demo.canvas import SIZE_PX, noise
from harness.datasets.demo.dataset import _write_category
from harness.datasets.demo.generator import SURFACES, GeneratedImage, generate
from harness.datasets.demo.png import encode_png
from harness.datasets.fingerprint import fingerprint
from harness.images import read_mask, read_rgb
from harness.synthetic.exact import ExactRng, wave

GOLDEN = {
    "board": "930e3320e2ab5638c81836b3a0ee162c5181c45e4ed0e8dc9d868789a548cb9a",
    "fabric": "a29d8809cbe68222c953edb5f89a44b17544299f7a793651f0d390b93ef777a8",
    "nut": "532e022d15e9791f253406503d3eb247dfc08336c2fbe5539d20cdd3e3706270",
    "tile": "e3d7eea41a0b20f7453a892a0003c80736adca204f12c759f3856924e9076947",
    "wood": "30834c7fc8fbdf2aec017dccc1ac925a28a5cad8c3ca81486e8498969dc1dfc2",
}


def pixels(category: str, part: str) -> NDArray[np.float64]:
    split = Demo().split(Path(), category, 0)
    return np.stack([read_rgb(sample.image) for sample in getattr(split, part)]).astype(np.float64)


def labels(category: str) -> list[bool]:
    return [sample.is_defect for sample in Demo().split(Path(), category, 0).test]


@pytest.mark.parametrize("category", SURFACES)
def test_files_are_the_same_bytes_on_every_machine(category: str) -> None:
    assert fingerprint(Demo(), Path(), category) == GOLDEN[category]


@pytest.mark.parametrize("category", SURFACES)
def test_has_the_promised_images(category: str) -> None:
    split = Demo().split(Path(), category, 0)
    assert (len(split.train), len(split.test), sum(labels(category))) == (40, 40, 20)
    assert len({sample.defect_kind for sample in split.test if sample.is_defect}) >= 4
    assert pixels(category, "train").shape == (40, SIZE_PX, SIZE_PX, 3)


@pytest.mark.parametrize("category", SURFACES)
def test_defects_are_small_and_no_two_images_are_alike(category: str) -> None:
    split = Demo().split(Path(), category, 0)
    for sample in split.test:
        if sample.mask is not None:
            assert 0.001 < read_mask(sample.mask, 127).mean() < 0.1
    every_image = np.concatenate([pixels(category, "train"), pixels(category, "test")])
    assert len({image.tobytes() for image in every_image}) == 80


def test_comparing_pixels_with_their_mean_is_not_enough() -> None:
    by_largest: list[float] = []
    by_mean: list[float] = []
    for category in SURFACES:
        train, test = pixels(category, "train"), pixels(category, "test")
        distance = (np.abs(test - train.mean(axis=0)) / (train.std(axis=0) + 1.0)).mean(axis=3)
        by_largest.append(roc_auc_score(labels(category), distance.max(axis=(1, 2))))
        by_mean.append(roc_auc_score(labels(category), distance.mean(axis=(1, 2))))
    assert np.mean(by_largest) < 0.8
    assert np.mean(by_mean) < 0.6


def test_the_mean_colour_gives_nothing_away() -> None:
    scores: list[float] = []
    for category in SURFACES:
        train, test = pixels(category, "train").mean(axis=(1, 2)), pixels(category, "test").mean(axis=(1, 2))
        scores.append(roc_auc_score(labels(category), np.abs(test - train.mean(axis=0)).sum(axis=1)))
    assert np.mean(scores) < 0.6


def test_two_writers_at_once_leave_one_whole_category(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both_started = Barrier(2)

    def few(category: str) -> Iterator[GeneratedImage]:
        both_started.wait()
        yield from islice(generate(category), 6)

    monkeypatch.setattr("harness.datasets.demo.dataset.generate", few)
    with ThreadPoolExecutor(2) as executor:
        list(executor.map(_write_category, [tmp_path] * 2, ["wood"] * 2))
    assert [path.name for path in tmp_path.iterdir()] == ["wood"]
    assert len(list(tmp_path.rglob("*.png"))) == 6


def test_an_interrupted_generation_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(pixels: object) -> bytes:
        raise KeyboardInterrupt("stop")

    monkeypatch.setattr("harness.datasets.demo.dataset.encode_png", interrupted)
    with pytest.raises(KeyboardInterrupt, match="stop"):
        _write_category(tmp_path, "wood")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (200, 130, 3)])
def test_encoded_png_decodes_to_the_same_pixels(shape: tuple[int, ...], tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    (tmp_path / "image.png").write_bytes(encode_png(image))
    decoded = read_rgb(tmp_path / "image.png")
    assert np.array_equal(decoded, image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2))


def test_waves_and_noise_stay_in_their_range() -> None:
    phase = np.linspace(-3.0, 3.0, 1000).reshape(10, 100)
    assert np.abs(wave(phase)).max() <= 1.0
    assert np.allclose(wave(phase), wave(phase + 1.0), atol=1e-9)
    field = noise(ExactRng(1), 7.0)
    assert field.min() >= 0.0
    assert field.max() < 1.0

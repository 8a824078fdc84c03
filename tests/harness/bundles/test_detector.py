import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

import harness
from harness.bundles import BundleDescription
from harness.bundles.bundle import Bundle, read_bundle
from harness.bundles.detector import Judgement, KeptDetector, Unreadable
from harness.bundles.threshold import Thresholds
from harness.errors import DataError
from harness.methods import METHODS
from mfrnet import AnomalyMaps
from tests.support.baselines import random_weights, tiny_baseline
from tests.support.cells import TINY_SETTINGS
from tests.support.detectors import SIZE_PX, fit_bundle, pixels, write_defect, write_good

JUDGE_ELSEWHERE = """
import sys
from pathlib import Path
import numpy as np
import harness
detector = harness.load(sys.argv[1])
judged = list(detector.judge([Path(path) for path in sys.argv[3:]], batch_size=4))
np.savez(sys.argv[2], maps=np.stack([each.map_YX for each in judged]), scores=[each.score for each in judged])
"""
ALL_METHODS = [
    "constant",
    "gaussian",
    "mfrnet",
    pytest.param("patchcore", marks=pytest.mark.baselines),
    pytest.param("padim", marks=pytest.mark.baselines),
]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("images")
    good = [write_good(folder / f"good-{number}.png", 100 + number) for number in range(5)]
    return [*good, *(write_defect(folder / f"defect-{number}.png", 200 + number) for number in range(2))]


@pytest.fixture
def detector(bundle: Path) -> KeptDetector:
    return harness.load(bundle)


def judgements(detector: KeptDetector, paths: list[Path], batch_size: int = 8) -> list[Judgement]:
    judged = list(detector.judge(paths, batch_size))
    assert all(isinstance(each, Judgement) for each in judged)
    return [each for each in judged if isinstance(each, Judgement)]


@pytest.mark.parametrize("method", ALL_METHODS)
def test_another_process_gives_equal_maps_to_the_last_bit(
    method: str, parts: Path, images: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = METHODS.get(method)
    tiny = TINY_SETTINGS if method in ("constant", "gaussian", "mfrnet") else tiny_baseline(method, tmp_path)
    tiny = {name: value for name, value in tiny.items() if name in {field.name for field in fields(kind.Settings)}}
    weights = (
        random_weights(kind.Settings(**tiny), tmp_path) if kind.__module__.startswith("harness.methods.anom") else None
    )
    judged_here: list[object] = []
    fit = kind.fit

    def fit_and_keep(self: object, *arguments: object) -> None:
        fit(self, *arguments)
        judged_here.append(self)

    # The fitted method itself, which was never written, says what is expected.
    monkeypatch.setattr(kind, "fit", fit_and_keep)
    backbone = tiny.pop("backbone", None)
    made = fit_bundle(
        parts,
        tmp_path / "bundle",
        method,
        backbone=backbone,
        overrides={method: tiny},
        weights={backbone: str(weights)} if weights else {},
    )
    expected = judgements(KeptDetector(Bundle(read_bundle(made).description, judged_here[0])), images, batch_size=4)
    file = tmp_path / "maps.npz"
    subprocess.run([sys.executable, "-c", JUDGE_ELSEWHERE, made, file, *images], check=True)
    with np.load(file) as found:
        assert np.array_equal(found["maps"], np.stack([each.map_YX for each in expected]))
        assert found["scores"].tolist() == [each.score for each in expected]
    assert method == "constant" or len({each.score for each in expected}) == len(images)


def test_judging_leaves_the_number_of_threads_as_it_was(detector: KeptDetector, images: list[Path]) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        judgements(detector, images)
        assert torch.get_num_threads() == 3
        with ThreadPoolExecutor(1) as another:
            assert another.submit(torch.get_num_threads).result() == 3
    finally:
        torch.set_num_threads(before)


def test_a_defect_is_anomalous_and_has_regions(detector: KeptDetector, images: list[Path]) -> None:
    for judged in judgements(detector, images)[5:]:
        assert judged.is_anomalous
        assert judged.share
        assert judged.regions[0].highest == judged.map_YX.max()


def test_regions_are_in_pixels_of_the_file(detector: KeptDetector) -> None:
    small = pixels(1, defect=True)
    large = np.kron(small, np.ones((3, 3, 1), np.uint8))
    at_1, at_3 = detector.judge_pixels(small), detector.judge_pixels(large)
    assert at_3.image_px == (3 * SIZE_PX[0], 3 * SIZE_PX[1])
    # Maps of both have one size, so that their places differ by the factor alone.
    scale = SIZE_PX[0] / at_1.map_YX.shape[0], SIZE_PX[1] / at_1.map_YX.shape[1]
    assert at_1.regions
    for judged, factor in ((at_1, 1), (at_3, 3)):
        limit = detector.thresholds.pixel  # type: ignore[union-attr]
        rows, columns = np.nonzero(judged.map_YX > limit)
        box = (
            min(region.left for region in judged.regions),
            min(region.top for region in judged.regions),
            max(region.right for region in judged.regions),
            max(region.bottom for region in judged.regions),
        )
        assert box == (
            int(columns.min() * scale[1] * factor),
            int(rows.min() * scale[0] * factor),
            int(np.ceil((columns.max() + 1) * scale[1] * factor)),
            int(np.ceil((rows.max() + 1) * scale[0] * factor)),
        )


def test_regions_are_sorted_by_their_highest_value_and_touch_by_corners() -> None:
    map_YX = np.zeros((8, 8), np.float32)
    map_YX[0, 0] = map_YX[1, 1] = 2
    map_YX[5:7, 4:8] = 3
    first, second = _judged_map(map_YX, (16, 8)).regions
    assert (first.left, first.top, first.right, first.bottom, first.highest) == (4, 10, 8, 14, 3.0)
    assert (second.left, second.top, second.right, second.bottom, second.highest) == (0, 0, 2, 4, 2.0)


def test_a_value_at_a_threshold_is_below_it() -> None:
    judged = _judged_map(np.ones((8, 8), np.float32), (8, 8))
    assert (judged.is_anomalous, judged.share, judged.regions) == (False, 0.0, ())


def test_without_thresholds_there_is_a_score_and_no_verdict(bundle: Path, images: list[Path]) -> None:
    read = read_bundle(bundle)
    without = KeptDetector(Bundle(read.description.model_copy(update={"thresholds": None}), read.method))
    judged = judgements(without, images)[-1]
    assert judged.score > 0
    assert (judged.is_anomalous, judged.share, judged.regions) == (None, None, ())


# Files.


@pytest.mark.parametrize("batch_size", [1, 3, 8, 100])
def test_answers_come_in_order_and_unreadable_files_are_among_them(
    detector: KeptDetector, images: list[Path], tmp_path: Path, batch_size: int
) -> None:
    (tmp_path / "text.png").write_text("no image")
    paths = [images[0], tmp_path / "text.png", images[1], tmp_path / "missing.png", images[6], tmp_path]
    judged = list(detector.judge(paths, batch_size))
    assert [each.path for each in judged] == paths
    reasons = [each.reason for each in judged if isinstance(each, Unreadable)]
    assert [type(each) for each in judged] == [Judgement, Unreadable] * 3
    assert ["text.png" in reasons[0], "missing.png" in reasons[1], "\n" in "".join(reasons)] == [True, True, False]


def test_no_files_give_no_answers(detector: KeptDetector) -> None:
    assert list(detector.judge([])) == []


def test_the_batch_size_changes_no_score_beyond_rounding(detector: KeptDetector, images: list[Path]) -> None:
    alone, together = ([each.score for each in judgements(detector, images, size)] for size in (1, 7))
    assert alone == pytest.approx(together, rel=1e-4)


def test_none_asks_for_the_answers_to_all_files_before_it(detector: KeptDetector, images: list[Path]) -> None:
    asked: list[int] = []

    def paths() -> Iterator[Path | None]:
        for number, image in enumerate(images[:3]):
            asked.append(number)
            yield image
            yield None

    seen = [(len(asked), judged.path) for judged in detector.judge(paths(), batch_size=8)]
    assert seen == [(number + 1, image) for number, image in enumerate(images[:3])]


@pytest.mark.parametrize("num_cores", [1, 3])
def test_an_endless_stream_holds_one_batch_more_than_is_judged(
    detector: KeptDetector, images: list[Path], num_cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.bundles.detector.num_cores", lambda: num_cores)
    taken = 0

    def paths() -> Iterator[Path]:
        nonlocal taken
        for path in itertools.cycle(images):
            taken += 1
            yield path

    answers = detector.judge(paths(), batch_size=2)
    for number in range(20):
        next(answers)
        assert taken <= number + 1 + 2 * (num_cores + 1)
    answers.close()


# Framing.


def test_an_image_of_another_size_and_the_same_aspect_is_judged(detector: KeptDetector) -> None:
    assert detector.judge_pixels(pixels(1, size_px=(96, 128))).map_YX.shape == (32, 32)


@pytest.mark.parametrize("size_px", [(48, 48), (64, 48), (48, 90)])
def test_an_image_of_another_aspect_is_refused_in_words(
    detector: KeptDetector, tmp_path: Path, size_px: tuple[int, int]
) -> None:
    file = tmp_path / "other.png"
    Image.fromarray(pixels(1, size_px=size_px)).save(file)
    (judged,) = detector.judge([file])
    assert isinstance(judged, Unreadable)
    aspect = f"{size_px[1] / size_px[0]:.2f}"
    assert f"other.png: its width over height is {aspect}, that of the fitted images 1.33 to 1.33" in judged.reason
    assert "fit with --protocol aspect=pad" in judged.reason
    with pytest.raises(DataError, match="would be stretched"):
        detector.judge_pixels(pixels(1, size_px=size_px))


@pytest.mark.parametrize("aspect", ["square", "pad", "tiles"])
def test_other_framings_take_any_aspect(parts: Path, tmp_path: Path, aspect: str) -> None:
    made = fit_bundle(parts, tmp_path / "bundle", protocol={"image_size_px": 32, "aspect": aspect})
    detector = harness.load(made)
    for size_px in (SIZE_PX, (64, 48), (48, 120)):
        judged = detector.judge_pixels(pixels(1, size_px=size_px))
        assert judged.image_px == size_px
        if aspect != "square":
            height, width = judged.map_YX.shape
            assert width / height == pytest.approx(size_px[1] / size_px[0], abs=0.05)


def test_a_bundle_that_was_moved_is_the_same_detector(bundle: Path, images: list[Path], tmp_path: Path) -> None:
    moved = harness.load(shutil.copytree(bundle, tmp_path / "ein anderer Ort ü"))
    expected = judgements(harness.load(str(bundle)), images)
    for judged, other in zip(judgements(moved, images), expected, strict=True):
        assert np.array_equal(judged.map_YX, other.map_YX)


class _Fixed:
    """A method whose map is given."""

    def __init__(self, map_YX: NDArray[np.float32]) -> None:
        self._map_YX = map_YX

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        maps = np.repeat(self._map_YX[None], len(images_BHWC), 0)
        return AnomalyMaps(maps, maps.max((1, 2)))


def _fixed_detector(map_YX: NDArray[np.float32]) -> KeptDetector:
    limits = Thresholds.model_validate(
        {"rule": "order", "false_alarms": 0.1, "score": 1, "pixel": 1}
        | {"num_images": 9, "num_groups": 9, "num_above": 0, "low": 0, "high": 0.4}
    )
    content = {
        "method": "constant", "method_version": 1, "settings": {}, "seed": 0, "protocol": {"image_size_px": 32},
        "size_px": (32, 32), "aspect_range": (0.01, 100.0), "weights": "", "has_backbone": True, "values": {},
        "thresholds": limits, "tensors_sha256": "0" * 64,
        "origin": {
            "dataset": "d", "category": "c", "data_fingerprint": "", "num_images": 4, "command": "", "code_commit": "",
            "versions": {}, "device": "cpu", "made_at": "",
        },
    }  # fmt: skip
    return KeptDetector(Bundle(BundleDescription.model_validate(content), _Fixed(map_YX)))  # type: ignore[arg-type]


def _judged_map(map_YX: NDArray[np.float32], image_px: tuple[int, int]) -> Judgement:
    return _fixed_detector(map_YX).judge_pixels(np.zeros((*image_px, 3), np.uint8))


def test_a_map_that_is_not_finite_is_never_a_verdict(tmp_path: Path) -> None:
    map_YX = np.zeros((8, 8), np.float32)
    map_YX[3, 3] = np.nan
    file = write_good(tmp_path / "a.png", 0)
    (judged,) = _fixed_detector(map_YX).judge([file])
    assert isinstance(judged, Unreadable)
    assert judged.reason == f"{file}: the detector gave a map or a score that is not finite."
    with pytest.raises(DataError, match="not finite"):
        _judged_map(map_YX, (8, 8))

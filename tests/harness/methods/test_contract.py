import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.config import as_json, build_settings
from harness.errors import BenchError
from harness.images import ImageSet
from harness.methods import METHODS
from harness.methods.base import Method, MethodContext
from harness.methods.feature_cache import FeatureCache
from mfrnet import AnomalyMaps
from tests.support.baselines import SIZES_PX, random_weights, tiny_baseline
from tests.support.cells import TINY_SETTINGS
from tests.support.miniatures import write_image

SIZE_PX = (64, 96)
OURS = ("mfrnet", "gaussian", "constant")
THEIRS = tuple(pytest.param(name, marks=pytest.mark.baselines) for name in METHODS.names() if name not in OURS)
"""anomalib's; they know no filter bank, so they run on random weights from files."""
QUICK = tuple(theirs for theirs in THEIRS if theirs.values != ("efficient_ad",))
"""EfficientAD takes no image below 256 px and seconds for each; tests/integration/test_baselines.py fits it once."""
each_method = pytest.mark.parametrize("name", [*OURS, *THEIRS])
# By module: the tests of one method run together and share a fit.
each_quick_method = pytest.mark.parametrize("name", [*OURS, *QUICK], scope="module")


@dataclasses.dataclass
class Bench:
    """Fits a method once for all tests that only look at it, and keeps the last one."""

    folder: Path
    last: tuple[str, Method] | None = None
    reports: list[tuple[int, int, float | None]] = dataclasses.field(default_factory=list)

    def images(self, name: str) -> ImageSet:
        size_px = SIZES_PX.get(name, SIZE_PX)
        ids = tuple(f"{number}.png" for number in range(12))
        folder = self.folder / f"images-{size_px}"
        if not folder.is_dir():
            for number in range(12):
                write_image(folder / ids[number], number, size_px=size_px, defect=number >= 10)
        return ImageSet(ids=ids, paths=tuple(folder / each for each in ids), size_px=size_px, key=f"contract{size_px}")

    def settings(self, name: str) -> Any:
        settings_type = METHODS.get(name).Settings
        tiny = TINY_SETTINGS if name in OURS else tiny_baseline(name, self.folder)
        known = {field.name for field in dataclasses.fields(settings_type)}
        return settings_type(**{field: value for field, value in tiny.items() if field in known})

    def fit(self, name: str, features: Path, seed: int = 3) -> Method:
        settings = self.settings(name)
        weights = None if name in OURS else random_weights(settings, self.folder)
        context = MethodContext(seed=seed, device="cpu", weights=weights, features=FeatureCache(features))
        method = METHODS.get(name)(settings, context)
        self.reports.clear()
        method.fit(self.images(name).select(range(8)), lambda *report: self.reports.append(report))
        return method

    def fitted(self, name: str) -> Method:
        if self.last is None or self.last[0] != name:
            self.last = name, self.fit(name, self.folder / "features")
        return self.last[1]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("contract"))


def scored(method: Method, images: ImageSet) -> AnomalyMaps:
    batches = list(method.score(images))
    return AnomalyMaps(
        np.concatenate([batch.maps_BHW for batch in batches]), np.concatenate([batch.scores_B for batch in batches])
    )


@each_method
def test_a_method_says_what_it_is(name: str) -> None:
    method = METHODS.get(name)
    assert method.version >= 1
    assert method.relative_cost > 0
    assert method.__doc__


@each_method
def test_settings_are_frozen_and_every_field_has_a_default(name: str) -> None:
    settings = METHODS.get(name).Settings()
    assert type(settings).__dataclass_params__.frozen
    for field in dataclasses.fields(settings):
        assert field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


@each_method
def test_the_settings_of_a_record_build_the_method_again(name: str, bench: Bench) -> None:
    settings = bench.settings(name)
    assert build_settings(name, type(settings), as_json(settings)) == settings


@each_method
def test_defaults_suit_a_small_image_or_are_refused_as_a_mistake(name: str) -> None:
    method = METHODS.get(name)
    try:
        method.check(method.Settings(), (64, 64))
    except ValueError as error:
        assert "expected" in str(error) or "right would be" in str(error)  # noqa: PT017 - either is right


@each_quick_method
def test_equal_seeds_give_equal_maps_to_the_last_bit(name: str, bench: Bench, tmp_path: Path) -> None:
    images = bench.images(name)
    first = scored(bench.fitted(name), images)
    again = scored(bench.fit(name, tmp_path), images)
    assert np.array_equal(first.maps_BHW, again.maps_BHW)
    assert np.array_equal(first.scores_B, again.scores_B)


@each_quick_method
def test_maps_have_the_size_of_the_images_and_one_score_each(name: str, bench: Bench) -> None:
    images = bench.images(name)
    maps = scored(bench.fitted(name), images)
    assert maps.maps_BHW.shape == (12, *images.size_px)
    assert maps.scores_B.shape == (12,)
    assert maps.maps_BHW.dtype == maps.scores_B.dtype == np.float32
    assert np.isfinite(maps.maps_BHW).all()
    assert np.isfinite(maps.scores_B).all()


@each_quick_method
def test_maps_come_in_the_order_of_the_images(name: str, bench: Bench) -> None:
    images, method = bench.images(name), bench.fitted(name)
    order = [11, 3, 10, 0]
    turned = scored(method, images.select(order))
    np.testing.assert_allclose(turned.maps_BHW, scored(method, images).maps_BHW[order], rtol=1e-4, atol=1e-4)


@each_quick_method
def test_fitting_reports_how_far_it_is(name: str, bench: Bench) -> None:
    bench.fitted(name)
    assert bench.reports
    assert all(0 <= done <= total for done, total, _ in bench.reports)
    done, total, _ = bench.reports[-1]
    assert done == total


@each_quick_method
def test_parameters_can_be_counted_after_fitting(name: str, bench: Bench) -> None:
    method = bench.fitted(name)
    assert method.num_parameters >= 0
    assert method.num_frozen_parameters >= 0


@each_quick_method
def test_judging_from_memory_gives_what_scoring_gives(name: str, bench: Bench) -> None:
    images, method = bench.images(name), bench.fitted(name)
    (pixels,) = images.batches(len(images))
    judged, expected = method.judge(pixels), scored(method, images)
    np.testing.assert_allclose(judged.maps_BHW, expected.maps_BHW, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(judged.scores_B, expected.scores_B, rtol=1e-3, atol=1e-3)


@each_quick_method
def test_what_is_saved_is_written_below_the_folder_given(name: str, bench: Bench, tmp_path: Path) -> None:
    method = bench.fitted(name)
    method.save(tmp_path)
    size = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert size >= 4 * method.num_parameters


@pytest.mark.parametrize("name", OURS)
def test_weights_that_are_not_needed_are_no_mistake(name: str, bench: Bench) -> None:
    METHODS.get(name).check_weights(bench.settings(name), None)


@pytest.mark.parametrize("name", ["mfrnet", "gaussian"])
def test_a_bright_square_scores_above_every_normal_image(name: str, bench: Bench) -> None:
    scores = scored(bench.fitted(name), bench.images(name)).scores_B
    assert scores[10:].min() > scores[:10].max()


@pytest.mark.parametrize("name", ["mfrnet", "gaussian", pytest.param("padim", marks=pytest.mark.baselines)])
def test_too_few_images_are_a_mistake_of_the_data(name: str, bench: Bench, tmp_path: Path) -> None:
    context = MethodContext(seed=0, device="cpu", features=FeatureCache(tmp_path))
    method, images = METHODS.get(name)(bench.settings(name), context), bench.images(name)
    with pytest.raises(BenchError, match=r"^Expected at least 4 training images, got 3\.$"):
        method.fit(images.select(range(3)), lambda done, total, loss: None)


@pytest.mark.parametrize("name", ["mfrnet", "gaussian"])
def test_a_layer_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    method = METHODS.get(name)
    settings = method.Settings(backbone="filter_bank", layers=(2, 9))
    with pytest.raises(ValueError, match=r"^Backbone 'filter_bank' has no layer 9; expected 0 or 'scale0'"):
        method.check(settings, (64, 64))


@pytest.mark.parametrize("name", ["mfrnet", "gaussian"])
def test_a_grid_without_positions_is_refused(name: str) -> None:
    method = METHODS.get(name)
    settings = method.Settings(backbone="filter_bank", grid_stride_px=65)
    with pytest.raises(ValueError, match=r"^grid_stride_px: expected at most 64 for 64 x 96 px images, got 65"):
        method.check(settings, SIZE_PX)


def test_more_masks_than_blocks_are_refused() -> None:
    method = METHODS.get("mfrnet")
    settings = method.Settings(backbone="filter_bank", k=5)
    with pytest.raises(
        ValueError, match=r"^k: expected 2 to 4 masks on a 4 x 4 grid with cell = 2 \(4 whole blocks\), got 5"
    ):
        method.check(settings, (64, 64))

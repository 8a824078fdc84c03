"""Tests that every method must pass."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load, save

from harness.config import as_json, build_settings
from harness.images import ImageSet
from harness.methods import METHODS
from harness.methods.base import Method, MethodContext
from harness.methods.feature_cache import FeatureCache
from harness.methods.state import MethodState
from harness.regimes import FEW_SHOT, KINDS, ONE_CLASS
from mfrnet import AnomalyMaps

NUM_NORMAL, NUM_DEFECT = 10, 2
NUM_FITTED = 8


@dataclasses.dataclass(frozen=True)
class MethodCase:
    """A method, with settings under which it is quick."""

    name: str
    """Registered name, or ``package.module:Class``."""
    settings: Any
    """An instance of the method's ``Settings`` with which fitting on eight images takes seconds at most."""
    weights: Path | None = None
    """Local weights of the backbone; None for a method that needs none."""
    size_px: tuple[int, int] = (64, 96)
    """Height and width of the images, at least 24 each."""

    @property
    def method(self) -> type[Method]:
        """The class under test."""
        return METHODS.get(self.name)


@dataclasses.dataclass(frozen=True)
class FittedMethod:
    """A fitted method with the images it was fitted and is judged on."""

    method: Method
    images: ImageSet
    """Normal images, of which the first eight were fitted, then images with a bright square."""
    reports: list[tuple[int, int, float | None]]
    """What ``fit`` reported."""


class MethodDeclarationContract:
    """What a method declares about itself; nothing is fitted.

    A subclass overrides the fixture ``case``.
    """

    @pytest.fixture(scope="class")
    @classmethod
    def case(cls) -> MethodCase:
        """The method under test."""
        raise NotImplementedError("Override the fixture 'case' with one that returns a MethodCase.")

    def test_it_says_what_it_is(self, case: MethodCase) -> None:
        assert case.method.version >= 1
        assert case.method.relative_cost > 0
        assert case.method.__doc__
        assert case.method.global_batch_size(case.settings, case.size_px) >= 0

    def test_what_follows_training_are_settings_of_its_own(self, case: MethodCase) -> None:
        assert case.method.after_training <= {each.name for each in dataclasses.fields(case.method.Settings)}

    def test_it_says_which_regimes_it_is_made_for(self, case: MethodCase) -> None:
        assert ONE_CLASS in case.method.regimes <= frozenset(KINDS)
        assert case.method.min_shots >= 1

    def test_settings_are_frozen_and_every_field_has_a_default(self, case: MethodCase) -> None:
        defaults = case.method.Settings()
        assert type(defaults).__dataclass_params__.frozen
        for field in dataclasses.fields(defaults):
            assert field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING

    def test_the_settings_of_a_record_build_the_method_again(self, case: MethodCase) -> None:
        assert build_settings(case.name, type(case.settings), as_json(case.settings)) == case.settings

    def test_defaults_suit_a_small_image_or_are_refused_in_one_line(self, case: MethodCase) -> None:
        try:
            case.method.check(case.method.Settings(), (64, 64))
        except ValueError as error:
            assert str(error)  # noqa: PT017 - either outcome is right
            assert "\n" not in str(error)  # noqa: PT017

    def test_its_weights_can_be_loaded(self, case: MethodCase) -> None:
        case.method.check_weights(case.settings, case.weights)


class MethodContract(MethodDeclarationContract):
    """Everything that a method must do, from its declaration to the maps.

    A subclass overrides the fixture ``case``; the method is fitted once for all tests of the class, and
    once more to compare the maps::

        class TestMyMethod(MethodContract):
            @pytest.fixture(scope="class")
            @classmethod
            def case(cls) -> MethodCase:
                return MethodCase("my_method", MySettings(epochs=1))
    """

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls, case: MethodCase, tmp_path_factory: pytest.TempPathFactory) -> FittedMethod:
        """The method after fitting."""
        folder = tmp_path_factory.mktemp("method-contract")
        return _fit(case, _write_images(folder, case.size_px), folder / "features")

    def test_equal_seeds_give_equal_maps_to_the_last_bit(
        self, case: MethodCase, fitted: FittedMethod, tmp_path: Path
    ) -> None:
        first = all_maps(fitted.method, fitted.images)
        again = all_maps(_fit(case, fitted.images, tmp_path).method, fitted.images)
        assert np.array_equal(first.maps_BHW, again.maps_BHW)
        assert np.array_equal(first.scores_B, again.scores_B)

    def test_maps_have_the_size_of_the_images_and_one_score_each(self, fitted: FittedMethod) -> None:
        maps = all_maps(fitted.method, fitted.images)
        assert maps.maps_BHW.shape == (len(fitted.images), *fitted.images.size_px)
        assert maps.scores_B.shape == (len(fitted.images),)
        assert maps.maps_BHW.dtype == maps.scores_B.dtype == np.float32
        assert np.isfinite(maps.maps_BHW).all()
        assert np.isfinite(maps.scores_B).all()

    def test_maps_come_in_the_order_of_the_images(self, fitted: FittedMethod) -> None:
        order = [11, 3, 10, 0]
        turned = all_maps(fitted.method, fitted.images.select(order))
        expected = all_maps(fitted.method, fitted.images).maps_BHW[order]
        np.testing.assert_allclose(turned.maps_BHW, expected, rtol=1e-4, atol=1e-4)

    def test_fitting_reports_how_far_it_is(self, case: MethodCase, fitted: FittedMethod) -> None:
        assert fitted.reports
        assert all(0 <= done <= total for done, total, _ in fitted.reports)
        done, total, _ = fitted.reports[-1]
        assert done == total == case.method.num_steps(case.settings, NUM_FITTED, case.size_px, ONE_CLASS)

    def test_as_few_images_as_it_says_are_enough(self, case: MethodCase, fitted: FittedMethod, tmp_path: Path) -> None:
        if FEW_SHOT not in case.method.regimes:
            pytest.skip("this method is not made for a few images")
        regime = f"{FEW_SHOT}-{case.method.min_shots}"
        few = _fit(case, fitted.images, tmp_path, case.method.min_shots, regime)
        foretold = case.method.num_steps(case.settings, case.method.min_shots, case.size_px, regime)
        assert few.reports[-1][:2] == (foretold, foretold)
        maps = all_maps(few.method, fitted.images)
        assert np.isfinite(maps.maps_BHW).all()
        assert np.isfinite(maps.scores_B).all()

    def test_parameters_can_be_counted_after_fitting(self, fitted: FittedMethod) -> None:
        assert fitted.method.num_parameters >= 0
        assert fitted.method.num_frozen_parameters >= 0

    def test_judging_from_memory_gives_what_scoring_gives(self, fitted: FittedMethod) -> None:
        (pixels,) = fitted.images.batches(len(fitted.images))
        judged, expected = fitted.method.judge(pixels), all_maps(fitted.method, fitted.images)
        np.testing.assert_allclose(judged.maps_BHW, expected.maps_BHW, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(judged.scores_B, expected.scores_B, rtol=1e-3, atol=1e-3)

    def test_threads_that_judge_at_once_get_what_one_alone_gets(self, fitted: FittedMethod) -> None:
        (pixels,) = fitted.images.batches(len(fitted.images))
        batches = [pixels[[first, first + 1]] for first in range(0, len(pixels) - 1, 2)] * 2
        with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(4) as several:
            alone = list(one.map(fitted.method.judge, batches))
            at_once = list(several.map(fitted.method.judge, batches))
        for expected, judged in zip(alone, at_once, strict=True):
            assert np.array_equal(judged.maps_BHW, expected.maps_BHW)
            assert np.array_equal(judged.scores_B, expected.scores_B)

    def test_its_state_holds_everything_that_it_learned(self, fitted: FittedMethod) -> None:
        state = fitted.method.state()
        size = sum(tensor.nbytes for tensor in (*state.tensors.values(), *state.backbone.values()))
        assert size >= 4 * fitted.method.num_parameters

    def test_a_restored_method_gives_the_same_maps_to_the_last_bit(
        self, case: MethodCase, fitted: FittedMethod
    ) -> None:
        if not case.method.can_be_kept:
            pytest.skip("this method cannot be kept")
        state = fitted.method.state()
        written = MethodState(
            tensors=load(save(dict(state.tensors))),
            values=json.loads(json.dumps(state.values)),
            backbone=load(save(dict(state.backbone))),
        )
        restored = case.method(case.settings, MethodContext(seed=3, device="cpu", weights=case.weights))
        restored.restore(written)
        (pixels,) = fitted.images.batches(len(fitted.images))
        expected, judged = fitted.method.judge(pixels), restored.judge(pixels)
        assert np.array_equal(judged.maps_BHW, expected.maps_BHW)
        assert np.array_equal(judged.scores_B, expected.scores_B)
        assert restored.num_parameters == fitted.method.num_parameters


def all_maps(method: Method, images: ImageSet) -> AnomalyMaps:
    """The maps and scores of all batches in one."""
    batches = list(method.score(images))
    return AnomalyMaps(
        np.concatenate([batch.maps_BHW for batch in batches]), np.concatenate([batch.scores_B for batch in batches])
    )


def _fit(
    case: MethodCase, images: ImageSet, features: Path, num_images: int = NUM_FITTED, regime: str = ONE_CLASS
) -> FittedMethod:
    cache = FeatureCache(features)
    context = MethodContext(seed=3, device="cpu", weights=case.weights, features=cache, regime=regime)
    method = case.method(case.settings, context)
    reports: list[tuple[int, int, float | None]] = []
    method.fit(images.select(range(num_images)), lambda *report: reports.append(report))
    return FittedMethod(method, images, reports)


def _write_images(folder: Path, size_px: tuple[int, int]) -> ImageSet:
    ids = tuple(f"{number}.png" for number in range(NUM_NORMAL + NUM_DEFECT))
    for number, name in enumerate(ids):
        pixels = np.random.default_rng(number).integers(90, 140, (*size_px, 3), dtype=np.uint8)
        if number >= NUM_NORMAL:
            pixels[10:20, 12:24] = 230
        Image.fromarray(pixels).save(folder / name)
    return ImageSet(ids=ids, paths=tuple(folder / name for name in ids), size_px=size_px, key=f"contract{size_px}")

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cells.held_out_scores import divide, folded_scores, held_out_scores, hold_out
from harness.config import Protocol
from harness.framing import frame
from harness.images import ImageSet
from harness.methods import METHODS
from harness.methods.base import Method, MethodContext
from harness.methods.feature_cache import FeatureCache
from mfrnet import MapSettings
from tests.support.detectors import write_good

groups_of_images = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40)
PROTOCOL = Protocol(image_size_px=32)


@given(groups_of_images, st.integers(2, 6), st.integers(0, 3))
def test_parts_are_disjoint_complete_and_keep_twins_together(groups: list[str], num_parts: int, seed: int) -> None:
    parts = divide(groups, num_parts, seed)
    assert sorted(position for part in parts for position in part) == list(range(len(groups)))
    of_parts = [{groups[position] for position in part} for part in parts]
    assert sum(map(len, of_parts)) == len(set(groups))


@given(groups_of_images, st.floats(0, 0.9), st.integers(0, 3))
def test_a_share_is_held_out_in_whole_groups(groups: list[str], share: float, seed: int) -> None:
    chosen = hold_out(groups, share, seed)
    held = {groups[position] for position in chosen}
    assert chosen == [position for position, group in enumerate(groups) if group in held]
    assert len(chosen) >= share * len(groups) - 1e-9
    assert chosen or share < 1e-9


def test_the_seed_decides_who_is_held_out() -> None:
    groups = [str(number) for number in range(40)]
    assert hold_out(groups, 0.25, 0) == hold_out(groups, 0.25, 0)
    assert len({tuple(hold_out(groups, 0.25, seed)) for seed in range(5)}) == 5
    assert divide(groups, 4, 0) != divide(groups, 4, 1)


def test_parts_of_single_images_are_of_equal_size() -> None:
    assert [len(part) for part in divide([str(number) for number in range(23)], 5, 0)] == [5, 5, 5, 4, 4]


def image_set(folder: Path, num_images: int, protocol: Protocol = PROTOCOL) -> ImageSet:
    paths = [write_good(folder / f"{number:02}.png", number) for number in range(num_images)]
    return frame([path.name for path in paths], paths, "held out", protocol.size_for(0.75), protocol)


class Fits:
    """Makes methods, and notes the images that each is fitted on."""

    def __init__(self, folder: Path) -> None:
        self.fitted: list[tuple[str, ...]] = []
        self.cache = FeatureCache(folder / "features")

    def make(self) -> Method:
        method = METHODS.get("gaussian")(
            MapSettings(backbone="filter_bank"), MethodContext(seed=0, device="cpu", features=self.cache)
        )
        fit = method.fit

        def noted(images: ImageSet, report: object) -> None:
            self.fitted.append(images.ids)
            fit(images, report)

        method.fit = noted
        return method


def test_no_image_is_scored_by_a_detector_that_was_fitted_on_its_group(tmp_path: Path) -> None:
    images, fits = image_set(tmp_path, 12), Fits(tmp_path)
    groups = [f"{number // 2}" for number in range(12)]
    scores = folded_scores(
        fits.make, images, groups, PROTOCOL, folds=3, seed=0, report=lambda number: lambda *progress: None
    )
    assert [each.image for each in scores] == list(images.ids)
    assert [each.group for each in scores] == groups
    group_of = dict(zip(images.ids, groups, strict=True))
    left_out = [set(groups) - {group_of[image] for image in fitted} for fitted in fits.fitted]
    assert sorted(group for each in left_out for group in each) == sorted(set(groups))
    # What the first detector says of the images that it was not fitted on is what is kept.
    again = fits.make()
    again.fit(images.select([images.ids.index(image) for image in fits.fitted[0]]), lambda *progress: None)
    rest = [place for place, group in enumerate(groups) if group in left_out[0]]
    expected = list(held_out_scores(again, images.select(rest), [groups[place] for place in rest], PROTOCOL))
    assert [each for each in scores if each.group in left_out[0]] == expected


@pytest.mark.parametrize("aspect", ["keep", "pad", "tiles"])
def test_an_image_has_one_score_however_many_views_it_has(tmp_path: Path, aspect: str) -> None:
    protocol = Protocol.model_validate({"image_size_px": 32, "aspect": aspect})
    images, fits = image_set(tmp_path, 6, protocol), Fits(tmp_path)
    method = fits.make()
    method.fit(images, lambda *progress: None)
    scores = list(held_out_scores(method, images, list("abcdef"), protocol))
    assert [each.image for each in scores] == [f"{number:02}.png" for number in range(6)]
    assert all(each.map_max >= each.map_mean and each.map_sd >= 0 for each in scores)
    assert np.isfinite([each.score for each in scores]).all()

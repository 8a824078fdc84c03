from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.cells.cell_context import CellContext
from harness.cells.opened_cell import OpenedCell, open_cell
from harness.config import Protocol
from harness.datasets.finding import find
from harness.datasets.fingerprint import fingerprint
from harness.methods.feature_cache import FeatureCache
from harness.plan import Cell
from mfrnet import FILTER_BANK, BackboneSettings
from tests.support import miniatures
from tests.support.cells import make_cell

Opening = Callable[..., OpenedCell]


@pytest.fixture
def opened(tmp_path: Path) -> Opening:
    """A cell of a miniature, with what is disturbed in it."""
    root = tmp_path / "data"
    miniatures.mvtec_ad(root)
    cell: Cell = replace(
        make_cell("bottle"),
        dataset="mvtec_ad",
        method="constant",
        protocol=Protocol(image_size_px=32),
        data_fingerprint=fingerprint(find("mvtec_ad", root), root, "bottle"),
    )
    return lambda **changes: open_cell(replace(cell, **changes), CellContext(data_root=root, device="cpu"))


def test_training_images_are_those_of_the_undisturbed_cell_and_test_images_a_set_of_their_own(opened: Opening) -> None:
    clean, noisy = opened(), opened(corrupt="noise:3")
    assert noisy.train == clean.train
    assert noisy.test.base is not None
    assert clean.test.base is not None
    assert noisy.test.base.key != clean.test.base.key
    assert not np.array_equal(noisy.test[0], clean.test[0])


@pytest.mark.parametrize(
    "other", [{"corrupt": "noise:4"}, {"corrupt": "blur:3"}, {"corrupt": "noise:3", "seed": 1}, {}]
)
def test_features_of_other_corruptions_are_never_taken_from_the_cache(
    opened: Opening, other: dict[str, object], tmp_path: Path
) -> None:
    settings, cache = BackboneSettings(backbone=FILTER_BANK, layers=(1,)), FeatureCache(tmp_path / "features")
    stacks = [cache.stack(opened(**changes).test, settings, None, "cpu") for changes in ({"corrupt": "noise:3"}, other)]
    of_first, of_other = (stack.batch(range(len(stack)))[0] for stack in stacks)
    assert not np.array_equal(of_first, of_other)


def test_a_contaminated_cell_reads_the_features_of_the_undisturbed_one(opened: Opening) -> None:
    clean, contaminated = opened(), opened(contaminate=0.2)
    assert contaminated.train.base == clean.train.base == contaminated.test.base
    assert len(contaminated.train) > len(clean.train)

"""The published data sets themselves, where ``BENCH_DATA`` has them."""

from itertools import combinations
from pathlib import Path

import pytest

from harness.datasets import DATASETS
from harness.datasets.preflight import check_split
from harness.datasets.readers.mtd import MagneticTileDefects
from harness.datasets.splits import make_split
from harness.datasets.twins import find_twins, samples_of
from harness.environment import default_data_root
from tests.support.exposure_series import whole_series

# Looked up while tests are collected: they themselves do not see the user's surroundings.
ROOT: Path = default_data_root()
NUM_LEFT_OUT = {"mtd": 4, "ksdd": 20}


@pytest.mark.parametrize("name", NUM_LEFT_OUT)
def test_split_has_the_published_counts(name: str) -> None:
    dataset = DATASETS.get(name)()
    if not dataset.is_installed(ROOT):
        pytest.skip(f"{name} is not in {ROOT}")
    split = dataset.split(ROOT, name, 0)
    check_split(split, name)
    assert (len(split.train), len(split.test)) == dataset.info.counts[name]
    assert len(split.left_out) == NUM_LEFT_OUT[name]


def test_finds_the_exposures_of_each_magnetic_tile() -> None:
    dataset = MagneticTileDefects()
    if not dataset.is_installed(ROOT):
        pytest.skip(f"mtd is not in {ROOT}")
    normal = [sample for sample in samples_of(dataset, ROOT, "mtd") if not sample.is_defect]
    tiles = whole_series([sample.id for sample in normal])
    expected = {pair for tile in tiles for pair in combinations(sorted(tile), 2)}
    found = {pair for group in find_twins(normal) for pair in combinations(group.ids, 2)}
    assert len(expected) == 2205
    assert len(expected & found) >= 0.95 * len(expected)
    # Tiles photographed twice and series cut short are found as well, 270 pairs, all true by eye.
    assert len(found) <= 1.2 * len(expected)


def test_a_grouped_split_of_mtd_shares_no_tile() -> None:
    dataset = MagneticTileDefects()
    if not dataset.is_installed(ROOT):
        pytest.skip(f"mtd is not in {ROOT}")
    twins = find_twins(samples_of(dataset, ROOT, "mtd"))
    for seed in (0, 1, 2):
        split = make_split(dataset, ROOT, "mtd", seed, "grouped")
        train = {sample.id for sample in split.train}
        assert len(train) > 740
        assert all(train.isdisjoint(group.ids) or train.issuperset(group.ids) for group in twins)

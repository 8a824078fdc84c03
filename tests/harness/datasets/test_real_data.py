"""The published data sets themselves, where ``BENCH_DATA`` has them."""

from pathlib import Path

import pytest

from harness.datasets import DATASETS
from harness.datasets.preflight import check_split
from harness.environment import default_data_root

NUM_LEFT_OUT = {"mtd": 4, "ksdd": 20}


@pytest.mark.parametrize("name", NUM_LEFT_OUT)
def test_split_has_the_published_counts(name: str) -> None:
    root: Path = default_data_root()
    dataset = DATASETS.get(name)()
    if not dataset.is_installed(root):
        pytest.skip(f"{name} is not in {root}")
    split = dataset.split(root, name, 0)
    check_split(split, name)
    assert (len(split.train), len(split.test)) == dataset.info.counts[name]
    assert len(split.left_out) == NUM_LEFT_OUT[name]

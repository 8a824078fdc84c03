from pathlib import Path

import pytest

from harness.datasets.splits.grouped import grouped_split
from harness.errors import DataError
from tests.support.tiny_dataset import TinyDataset


def test_keeps_the_published_share_of_training_images(tmp_path: Path) -> None:
    normal = [number // 3 for number in range(30)]
    dataset = TinyDataset(tmp_path, normal, [100, 101], is_drawn=True)
    for seed in range(4):
        split = grouped_split(dataset, tmp_path, "tiny", seed)
        assert len(split.train) == len(dataset.split(tmp_path, "tiny", seed).train)


def test_the_seed_deals_out_the_groups(tmp_path: Path) -> None:
    dataset = TinyDataset(tmp_path, [number // 2 for number in range(20)], [100], is_drawn=True)
    trains = {grouped_split(dataset, tmp_path, "tiny", seed).train for seed in range(5)}
    assert len(trains) == 5


def test_normal_images_that_show_a_defect_part_are_tested_on(tmp_path: Path) -> None:
    dataset = TinyDataset(tmp_path, [0, 0, 1, 2, 3, 4], [0], is_drawn=True)
    split = grouped_split(dataset, tmp_path, "tiny", 0)
    assert {"n00", "n01", "d00"} <= {sample.id for sample in split.test}


def test_a_published_test_set_stays_and_its_twins_leave_training(tmp_path: Path) -> None:
    # Trains n00 to n03; n04 shows what n00 shows, and d00 what n02 shows.
    dataset = TinyDataset(tmp_path, [0, 1, 2, 3, 0, 4, 5, 6], [2], is_drawn=False)
    published = dataset.split(tmp_path, "tiny", 0)
    split = grouped_split(dataset, tmp_path, "tiny", 7)
    assert split.test == published.test
    assert [sample.id for sample in split.train] == ["n01", "n03"]
    assert dict(split.left_out) == dict(published.left_out) | {
        "n00": "near duplicate of the test image n04",
        "n02": "near duplicate of the test image d00",
    }


def test_says_so_when_nothing_is_left_to_train_on(tmp_path: Path) -> None:
    dataset = TinyDataset(tmp_path, [0, 0, 0, 0], [1], is_drawn=False)
    with pytest.raises(DataError, match="tiny/tiny: split 'grouped' leaves no training image, because each has a near"):
        grouped_split(dataset, tmp_path, "tiny", 0)

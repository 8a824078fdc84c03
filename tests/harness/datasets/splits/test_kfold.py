from pathlib import Path

import pytest

from harness.datasets.splits.kfold import fold_split
from harness.errors import DataError
from tests.support.tiny_dataset import TinyDataset


@pytest.mark.parametrize("is_drawn", [True, False])
def test_every_normal_image_is_tested_on_once_and_every_defect_always(tmp_path: Path, is_drawn: bool) -> None:
    dataset = TinyDataset(tmp_path, [number // 2 for number in range(24)], [100, 101], is_drawn=is_drawn)
    folds = [fold_split(dataset, tmp_path, "tiny", 0, 4, fold) for fold in range(1, 5)]
    tested = [sample.id for split in folds for sample in split.test if not sample.is_defect]
    assert sorted(tested) == [f"n{number:02d}" for number in range(24)]
    assert all([sample.id for sample in split.test if sample.is_defect] == ["d00", "d01"] for split in folds)
    assert {len(split.train) for split in folds} == {18}


def test_the_seed_decides_who_shares_a_fold(tmp_path: Path) -> None:
    dataset = TinyDataset(tmp_path, range(20), [100], is_drawn=True)
    assert len({fold_split(dataset, tmp_path, "tiny", seed, 4, 1).test for seed in range(5)}) == 5


def test_a_normal_image_that_shows_a_defect_part_never_trains(tmp_path: Path) -> None:
    dataset = TinyDataset(tmp_path, [0, 1, 2, 3, 4], [0], is_drawn=True)
    for fold in (1, 2):
        split = fold_split(dataset, tmp_path, "tiny", 0, 2, fold)
        assert ("n00", "near duplicate of a defect image") in split.left_out


def test_refuses_more_folds_than_groups(tmp_path: Path) -> None:
    dataset = TinyDataset(tmp_path, [0, 0, 1, 1, 2], [100], is_drawn=True)
    with pytest.raises(
        DataError, match=r"tiny/tiny: 4 folds need at least 4 groups of normal images \(twins form one group\), got 3"
    ):
        fold_split(dataset, tmp_path, "tiny", 0, 4, 1)

import random
import shutil
from pathlib import Path

from harness.datasets.readers.mtd import MagneticTileDefects
from harness.datasets.twins import find_twins, groups_of_images, in_groups, samples_of
from tests.support import miniatures, photographs
from tests.support.photographs import tile_of


def test_finds_the_exposures_of_each_tile_by_their_pixels(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    samples = samples_of(MagneticTileDefects(), tmp_path, "mtd")
    twins = find_twins(random.Random(0).sample(samples, len(samples)))
    assert all(len({tile_of(sample_id) for sample_id in group.ids}) == 1 for group in twins)
    assert sorted(len(group.ids) for group in twins) == [4] * 11 + [5]
    assert not any(group.are_copies for group in twins)


def test_says_where_twins_are_copies(tmp_path: Path) -> None:
    base = miniatures.mtd(tmp_path)
    shutil.copy(base / "MT_Free/Imgs/exp1_num_3.jpg", base / "MT_Free/Imgs/exp1_num_99.jpg")
    (twins,) = find_twins(samples_of(MagneticTileDefects(), tmp_path, "mtd"))
    assert twins.ids == ("MT_Free/Imgs/exp1_num_3.jpg", "MT_Free/Imgs/exp1_num_99.jpg")
    assert twins.are_copies


def test_a_damaged_image_has_no_twin(tmp_path: Path) -> None:
    base = photographs.mtd(tmp_path)
    miniatures.truncate(base / "MT_Free/Imgs/exp1_num_5.jpg")
    twins = find_twins(samples_of(MagneticTileDefects(), tmp_path, "mtd"))
    assert "MT_Free/Imgs/exp1_num_5.jpg" not in {sample_id for group in twins for sample_id in group.ids}


def test_groups_hold_every_sample_once(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    samples = samples_of(MagneticTileDefects(), tmp_path, "mtd")
    groups = in_groups(samples, find_twins(samples))
    assert sorted(sample.id for group in groups for sample in group) == [sample.id for sample in samples]
    assert len(groups) == 13
    assert groups_of_images(samples) == {sample.id: group[0].id for group in groups for sample in group}

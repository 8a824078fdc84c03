import shutil
from pathlib import Path

from harness.datasets.leaks import Leak, find_leak
from harness.datasets.readers.mtd import MagneticTileDefects
from harness.datasets.splits import make_split
from harness.datasets.twins import samples_of
from harness.datasets.verification import verify
from tests.support import miniatures, photographs


def leak_in(root: Path, split: str = "published") -> Leak | None:
    dataset = MagneticTileDefects()
    return find_leak(make_split(dataset, root, "mtd", 0, split), samples_of(dataset, root, "mtd"))


def test_counts_are_those_of_the_verification(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    leak = leak_in(tmp_path)
    (twins,) = verify(MagneticTileDefects(), tmp_path).twins
    assert leak is not None
    assert leak.num_normals == twins.num_test_good_with_twin_in_train > 0
    assert leak.num_defects == twins.num_test_defect_with_twin_in_train


def test_nothing_leaks_where_twins_stay_together(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    assert leak_in(tmp_path, "grouped") is None


def test_a_copy_of_a_training_image_leaks(tmp_path: Path) -> None:
    base = miniatures.mtd(tmp_path)
    split = make_split(MagneticTileDefects(), tmp_path, "mtd", 0)
    assert leak_in(tmp_path) is None
    tested = next(sample for sample in split.test if not sample.is_defect)
    shutil.copy(split.train[0].image, tested.image)
    leak = leak_in(tmp_path)
    assert base.is_dir()
    assert leak is not None
    assert (leak.num_normals, leak.num_defects) == (1, 0)

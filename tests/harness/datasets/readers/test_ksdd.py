import os
import pickle
from pathlib import Path

import pytest

from harness.datasets.readers.ksdd import KolektorSDD
from harness.datasets.splits import make_split
from harness.errors import DataError
from tests.support import miniatures


def test_trains_on_the_normal_surfaces_of_the_first_items(tmp_path: Path) -> None:
    miniatures.ksdd(tmp_path)
    split = KolektorSDD().split(tmp_path, "ksdd", 0)
    assert [s.id for s in split.train] == [f"kos{item:02d}/Part{part}.jpg" for item in (1, 2) for part in (0, 1)]
    assert [s.id for s in split.test] == [f"kos{item:02d}/Part{part}.jpg" for item in (3, 4, 5) for part in (0, 1, 2)]


def test_a_surface_is_a_defect_when_its_label_has_a_defect_pixel(tmp_path: Path) -> None:
    base = miniatures.ksdd(tmp_path)
    defects = [s for s in KolektorSDD().split(tmp_path, "ksdd", 0).test if s.is_defect]
    assert [(s.id, s.mask) for s in defects] == [
        ("kos03/Part2.jpg", base / "kos03/Part2_label.png"),
        ("kos04/Part2.jpg", base / "kos04/Part2_label.bmp"),
        ("kos05/Part2.jpg", base / "kos05/Part2_label.png"),
    ]


def test_leaves_out_the_defects_of_items_that_train(tmp_path: Path) -> None:
    miniatures.ksdd(tmp_path)
    left_out = KolektorSDD().split(tmp_path, "ksdd", 0).left_out
    assert [sample_id for sample_id, _ in left_out] == ["kos01/Part2.jpg", "kos02/Part2.jpg"]


def test_refuses_an_image_without_a_label(tmp_path: Path) -> None:
    base = miniatures.ksdd(tmp_path)
    (base / "kos03/Part1_label.png").unlink()
    with pytest.raises(DataError, match=r"kos03/Part1\.jpg: has no mask; expected Part1_label\.png or Part1_l"):
        KolektorSDD().split(tmp_path, "ksdd", 0)


TESTED = [["kos05", "kos02"], ["kos01", "kos04"], ["kos03", "kos21"]]


def write_folds(base: Path, train: object = None, test: object = TESTED) -> None:
    others = [[item for other in TESTED if other is not tested for item in other] for tested in TESTED]
    (base / "split.pyb").write_bytes(pickle.dumps([others if train is None else train, test, []], protocol=2))


def test_an_authors_fold_tests_its_items_and_trains_on_the_normal_images_of_the_others(tmp_path: Path) -> None:
    write_folds(miniatures.ksdd(tmp_path))
    split = make_split(KolektorSDD(), tmp_path, "ksdd", 7, "fold-1")
    assert [s.id for s in split.train] == [f"kos{item:02d}/Part{part}.jpg" for item in (1, 3, 4) for part in (0, 1)]
    assert [s.id for s in split.test] == [f"kos{item:02d}/Part{part}.jpg" for item in (2, 5) for part in (0, 1, 2)]
    assert [sample_id for sample_id, _ in split.left_out] == [f"kos{item:02d}/Part2.jpg" for item in (1, 3, 4)]


def test_the_image_that_the_authors_do_not_use_is_left_out_of_their_folds(tmp_path: Path) -> None:
    base = miniatures.ksdd(tmp_path)
    miniatures.write_image(base / "kos21/Part7.jpg", 1, size_px=miniatures.TALL_SIZE_PX)
    miniatures.write_mask(base / "kos21/Part7_label.png", size_px=miniatures.TALL_SIZE_PX, empty=True)
    write_folds(base)
    for name in ("fold-1", "fold-3"):
        left_out = make_split(KolektorSDD(), tmp_path, "ksdd", 0, name).left_out
        assert ("kos21/Part7.jpg", "left out by the authors") in left_out


def test_the_folds_may_lie_in_the_folder_that_unpacking_gives(tmp_path: Path) -> None:
    base = miniatures.ksdd(tmp_path)
    write_folds(base)
    beside = make_split(KolektorSDD(), tmp_path, "ksdd", 0, "fold-2")
    (base / "KolektorSDD-training-splits").mkdir()
    (base / "split.pyb").rename(base / "KolektorSDD-training-splits/split.pyb")
    assert make_split(KolektorSDD(), tmp_path, "ksdd", 0, "fold-2") == beside


def test_says_where_the_authors_folds_come_from(tmp_path: Path) -> None:
    miniatures.ksdd(tmp_path)
    with pytest.raises(DataError, match=r"split\.pyb: no such file; the authors' folds come in https://.*splits\.zip"):
        make_split(KolektorSDD(), tmp_path, "ksdd", 0, "fold-2")


@pytest.mark.parametrize(
    ("train", "test", "problem"),
    [
        ([[], [], []], TESTED, "expected the three folds"),
        (TESTED[:2], TESTED[:2], "expected the three folds"),
        (5, TESTED, "expected the three folds"),
        (os.getcwd, TESTED, r"it holds posix\.getcwd"),
        ([["kos02"], ["kos01"], []], [["kos01"], ["kos02"], []], "expected the three folds"),
        ([["kos01"]] * 3, [[], [], ["kos01"]], "expected the three folds"),
        ([["kos02"], ["kos01"], ["kos01", "kos02"]], [["kos01"], ["kos02"], []], "expected each item of"),
    ],
)
def test_refuses_folds_that_are_not_three_by_item(tmp_path: Path, train: object, test: object, problem: str) -> None:
    write_folds(miniatures.ksdd(tmp_path), train, test)
    with pytest.raises(DataError, match=rf"split\.pyb: .*{problem}"):
        make_split(KolektorSDD(), tmp_path, "ksdd", 0, "fold-1")

from pathlib import Path

import pytest

from harness.datasets.readers.ksdd import KolektorSDD
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
    with pytest.raises(DataError, match=r"kos03/Part1\.jpg: no label beside it; Part1_label\.png or \.bmp"):
        KolektorSDD().split(tmp_path, "ksdd", 0)


def test_says_what_is_expected_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'ksdd' is not in .*ksdd\. Expected: ksdd/kos01/Part0\.jpg.*Source:"):
        KolektorSDD().categories(tmp_path)

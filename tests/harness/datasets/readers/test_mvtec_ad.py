from pathlib import Path

import pytest

from harness.datasets.readers.mvtec_ad import MVTecAD
from harness.errors import DataError
from tests.support import miniatures


def test_published_counts_add_up() -> None:
    counts = MVTecAD.info.counts.values()
    assert (len(counts), sum(train for train, _ in counts), sum(test for _, test in counts)) == (15, 3629, 1725)


def test_reads_the_published_split(tmp_path: Path) -> None:
    base = miniatures.mvtec_ad(tmp_path)
    split = MVTecAD().split(tmp_path, "carpet", 0)
    assert [sample.id for sample in split.train] == [f"carpet/train/good/{n:03d}.png" for n in range(6)]
    assert [sample.defect_kind for sample in split.test] == ["good"] * 3 + ["hole"] * 2 + ["stain"] * 2
    assert split.test[-1].mask == base / "carpet/ground_truth/stain/001_mask.png"


def test_offers_the_categories_in_place_in_published_order(tmp_path: Path) -> None:
    miniatures.mvtec_ad(tmp_path, ("zipper", "bottle"))
    (tmp_path / "mvtec_ad/other/train/good").mkdir(parents=True)
    assert MVTecAD().categories(tmp_path) == ("bottle", "zipper")


def test_says_what_is_expected_where_nothing_is(tmp_path: Path) -> None:
    assert not MVTecAD().is_installed(tmp_path)
    with pytest.raises(DataError, match=r"'mvtec_ad' is not in .*mvtec_ad\. Expected: .*ground_truth.*Source: https"):
        MVTecAD().categories(tmp_path)


def test_ignores_what_file_managers_leave(tmp_path: Path) -> None:
    base = miniatures.mvtec_ad(tmp_path, ("bottle",))
    (base / "bottle/test/.DS_Store").write_bytes(b"")
    (base / "bottle/train/good/._000.png").write_bytes(b"")
    (base / "bottle/train/good/Thumbs.db").write_bytes(b"")
    assert len(MVTecAD().split(tmp_path, "bottle", 0).train) == 6

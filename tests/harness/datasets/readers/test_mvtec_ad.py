from pathlib import Path

from harness.datasets.readers.mvtec_ad import MVTecAD
from tests.support import miniatures


def test_offers_the_categories_in_place_in_published_order(tmp_path: Path) -> None:
    miniatures.mvtec_ad(tmp_path, ("zipper", "bottle"))
    (tmp_path / "mvtec_ad/other/train/good").mkdir(parents=True)
    assert MVTecAD().categories(tmp_path) == ("bottle", "zipper")


def test_ignores_what_file_managers_leave(tmp_path: Path) -> None:
    base = miniatures.mvtec_ad(tmp_path, ("bottle",))
    (base / "bottle/test/.DS_Store").write_bytes(b"")
    (base / "bottle/train/good/._000.png").write_bytes(b"")
    (base / "bottle/train/good/Thumbs.db").write_bytes(b"")
    assert len(MVTecAD().split(tmp_path, "bottle", 0).train) == 6

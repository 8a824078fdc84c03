from pathlib import Path

from harness.datasets.readers.real_iad_variety import RealIADVariety
from tests.support import miniatures


def test_categories_are_the_lists_that_have_images(tmp_path: Path) -> None:
    base = miniatures.real_iad_variety(tmp_path)
    lists = base / "realiadvariety_jsons/Real-IAD_Variety_jsons"
    (lists / "gear.json").write_text("{}")
    (lists / "._toy-tire.json").write_bytes(b"")
    assert RealIADVariety().categories(tmp_path) == ("toy-tire",)


def test_only_views_with_a_mask_are_defects(tmp_path: Path) -> None:
    base = miniatures.real_iad_variety(tmp_path)
    test = RealIADVariety().split(tmp_path, "toy-tire", 0).test
    assert [sample.defect_kind for sample in test] == ["good", "good", "Deformation", "good"]
    folder = "realiadvariety_raw/toy-tire/toy-tire/NG/Deformation/S000004"
    assert test[2].mask == base / folder / "S000004_C01_mask.png"
    assert [sample.part for sample in test[2:]] == [folder, folder]


def test_resized_images_are_read_first(tmp_path: Path) -> None:
    base = miniatures.real_iad_variety(tmp_path)
    (base / "realiadvariety_raw/toy-tire/toy-tire").rename(base / "toy-tire")
    (base / "realiadvariety_1024").mkdir()
    (base / "toy-tire").rename(base / "realiadvariety_1024/toy-tire")
    assert RealIADVariety().split(tmp_path, "toy-tire", 0).train[0].id.startswith("realiadvariety_1024/toy-tire/OK")

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.datasets.readers.real_iad import RealIAD
from harness.errors import DataError
from tests.support import miniatures


def list_of(base: Path) -> Path:
    return base / "realiad_jsons/realiad_jsons/tape.json"


def with_entry(root: Path, part: str, number: int, entry: Any) -> Path:
    path = list_of(miniatures.real_iad(root))
    content = json.loads(path.read_text(encoding="utf-8"))
    content[part][number] = entry
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_reads_another_resolution_and_lists_without_the_archives_folder(tmp_path: Path) -> None:
    base = miniatures.real_iad(tmp_path)
    shutil.move(base / "realiad_1024", base / "realiad_256")
    shutil.move(list_of(base), base / "realiad_jsons/tape.json")
    shutil.rmtree(base / "realiad_jsons/realiad_jsons")
    assert RealIAD().categories(tmp_path) == ("tape",)
    assert all(sample.image.is_file() for sample in RealIAD().split(tmp_path, "tape", 0).train)


def test_original_images_are_read_where_no_resized_ones_are(tmp_path: Path) -> None:
    base = miniatures.real_iad(tmp_path)
    shutil.copytree(base / "realiad_1024", base / "realiad_raw")
    before = RealIAD().files(tmp_path, "tape")
    assert not any("realiad_raw" in path.parts for path in before)
    shutil.rmtree(base / "realiad_1024")
    assert [sample.id for sample in RealIAD().split(tmp_path, "tape", 0).test if sample.is_defect] == [
        f"realiad_raw/tape/NG/HS/S0004/tape_0004_C{view}_20230918.jpg" for view in (1, 2)
    ]


def test_a_category_may_lie_in_a_folder_of_its_own_name(tmp_path: Path) -> None:
    folder = miniatures.real_iad(tmp_path) / "realiad_1024"
    shutil.move(folder / "tape", folder / "unpacked")
    (folder / "tape").mkdir()
    shutil.move(folder / "unpacked", folder / "tape/tape")
    split = RealIAD().split(tmp_path, "tape", 0)
    assert split.train[0].id == "realiad_1024/tape/tape/OK/S0001/tape_0001_C1_20230918.jpg"
    assert all(sample.image.is_file() for sample in (*split.train, *split.test))


def test_the_views_of_a_part_are_known_to_be_of_one(tmp_path: Path) -> None:
    miniatures.real_iad(tmp_path)
    assert [sample.part for sample in RealIAD().split(tmp_path, "tape", 0).test] == [
        *["realiad_1024/tape/OK/S0003"] * 2,
        *["realiad_1024/tape/NG/HS/S0004"] * 2,
    ]


def test_a_view_with_the_code_of_a_defect_and_a_null_mask_is_normal(tmp_path: Path) -> None:
    entry = {"anomaly_class": "HS", "image_path": "NG/HS/S0004/tape_0004_C1_20230918.jpg", "mask_path": None}
    with_entry(tmp_path, "test", 2, entry)
    views = [sample for sample in RealIAD().split(tmp_path, "tape", 0).test if "S0004" in sample.id]
    assert [(view.defect_kind, view.mask is None) for view in views] == [("good", True), ("scratch", False)]
    assert len({view.part for view in views}) == 1


def test_a_category_needs_both_its_list_and_its_images(tmp_path: Path) -> None:
    list_of(miniatures.real_iad(tmp_path)).unlink()
    assert not RealIAD().is_installed(tmp_path)


@pytest.mark.parametrize(
    ("part", "entry", "problem"),
    [
        ("test", "x.jpg", r"test\[1\]: expected an object .*, got 'x\.jpg'"),
        ("test", {"image_path": "x.jpg"}, r"test\[1\], anomaly_class: expected OK or a code such as AK, got None"),
        ("test", {"anomaly_class": "OK"}, r"test\[1\], image_path: expected a path below .*, got None"),
        (
            "test",
            {"anomaly_class": "AK", "image_path": "x.jpg"},
            r"test\[1\], mask_path: expected a path .*, got None",
        ),
        (
            "test",
            {"anomaly_class": "OK", "image_path": "/x.jpg"},
            r"test\[1\], image_path: expected .*, got '/x\.jpg'",
        ),
        (
            "train",
            {"anomaly_class": "AK", "image_path": "x.jpg"},
            r"train\[1\], anomaly_class: expected OK for a training image",
        ),
    ],
)
def test_refuses_a_damaged_entry_and_names_it(tmp_path: Path, part: str, entry: Any, problem: str) -> None:
    path = with_entry(tmp_path, part, 1, entry)
    for look in (lambda: RealIAD().split(tmp_path, "tape", 0), lambda: RealIAD().files(tmp_path, "tape")):
        with pytest.raises(DataError, match=rf"^{path}, {problem}"):
            look()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"train": [', r"not valid JSON \(.*line 1"),
        ("[]", "expected an object with the lists train and test"),
        ('{"train": []}', "expected a list 'test'"),
        ('{"meta": {"prefix": 3}, "train": [], "test": []}', "meta.prefix: expected a path below .*, got 3"),
    ],
)
def test_refuses_a_damaged_list(tmp_path: Path, text: str, problem: str) -> None:
    path = list_of(miniatures.real_iad(tmp_path))
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"^{path}[:,] {problem}"):
        RealIAD().split(tmp_path, "tape", 0)

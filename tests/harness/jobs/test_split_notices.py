from pathlib import Path

import pandas as pd

from harness.datasets.fingerprint import fingerprint
from harness.datasets.readers.mtd import MagneticTileDefects
from harness.jobs.split_notices import leaks_in, split_notices
from tests.support import photographs
from tests.support import records as make


def records_of(data: Path, split: str, *, seen: str | None = None) -> pd.DataFrame:
    now = seen or fingerprint(MagneticTileDefects(), data, "mtd")
    identity = make.identity(dataset="mtd", category="mtd", split=split, data_fingerprint=now)
    return make.frame(make.cell_record(identity=identity))


def test_a_split_that_leaks_is_a_warning(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    frame = records_of(tmp_path, "published")
    (leak,) = leaks_in(tmp_path, "published", frame).values()
    assert leak is not None
    first, *others = split_notices("published", frame, tmp_path, "")
    assert first.is_warning
    assert first.text.startswith(
        f"mtd leaks: under seed 0, {leak.num_normals} of {leak.num_test_normals} normal test images and"
    )
    assert [notice.text for notice in others if "literature" in notice.text]
    assert not any(notice.is_warning for notice in others)


def test_a_split_without_twins_on_both_sides_is_told_too(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    notices = split_notices("grouped-1.1", records_of(tmp_path, "grouped-1.1"), tmp_path, "")
    assert [notice.text for notice in notices] == [
        "No test image has a copy or near duplicate among the training images in mtd."
    ]


def test_nobody_looks_without_the_images_of_the_records(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    unknown = "Nobody looked for images that training and test share in mtd: that needs the images of these records"
    for data, split, seen in (
        (None, "published", None),
        (tmp_path / "nowhere", "published", None),
        (tmp_path, "published", "of an earlier state"),
        (tmp_path, "manifest-0123456789ab", None),
        (tmp_path, "grouped-0.9", None),
    ):
        frame = records_of(tmp_path, split, seen=seen)
        assert any(notice.text.startswith(unknown) for notice in split_notices(split, frame, data, ""))


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    notices = split_notices("grouped-1.1", make.frame(make.cell_record(identity=make.identity())), None, "Left out: 3")
    assert notices[-1].text == "Left out: 3."

from pathlib import Path

import pytest

from harness.bundles.bundle import read_description
from harness.errors import BundleError
from harness.report.judged_by import FILE, JudgedBy, read_judged_by


def judged_by(bundle: Path) -> JudgedBy:
    return JudgedBy(detector=read_description(bundle), command="bench predict b new", started_at="2025-01-31")


def test_it_is_read_back_as_it_was(bundle: Path, tmp_path: Path) -> None:
    judged_by(bundle).write(tmp_path)
    assert read_judged_by(tmp_path) == judged_by(bundle)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_file_that_is_none_or_damaged_is_one_line(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(
        BundleError, match=r"no detector\.json here; expected a folder that 'bench predict --out' wrote"
    ):
        read_judged_by(tmp_path)
    judged_by(bundle).write(tmp_path)
    whole = (tmp_path / FILE).read_bytes()
    for content, message in (
        (whole[: len(whole) // 2], r"detector\.json: cannot be read as JSON"),
        ((bundle / "model.json").read_bytes(), r"detector\.json: detector: missing"),
        (b'{"format": 2}', r"detector\.json: expected format 1, got 2"),
    ):
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(BundleError, match=message):
            read_judged_by(tmp_path)

import os
import shutil
from pathlib import Path

import pytest

from harness.datasets.fingerprint import fingerprint
from harness.datasets.readers.mvtec_ad import MVTecAD
from tests.support import miniatures


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return miniatures.mvtec_ad(tmp_path, ("bottle", "carpet"))


def of(base: Path, category: str = "bottle") -> str:
    return fingerprint(MVTecAD(), base.parent, category)


def test_does_not_depend_on_where_or_when_the_files_were_put(base: Path, tmp_path: Path) -> None:
    before = of(base)
    shutil.copytree(base, tmp_path / "elsewhere/mvtec_ad")
    for path in (tmp_path / "elsewhere").rglob("*.png"):
        os.utime(path, ns=(1, 1))
    assert of(tmp_path / "elsewhere/mvtec_ad") == before
    assert len(before) == 64


def test_follows_the_contents_of_every_file(base: Path) -> None:
    seen = {of(base)}
    for name in ("train/good/000.png", "test/hole/000.png", "ground_truth/hole/000_mask.png"):
        path = base / "bottle" / name
        path.write_bytes(path.read_bytes() + b"x")
        seen.add(of(base))
    assert len(seen) == 4


def test_follows_the_names_of_files(base: Path) -> None:
    before = of(base)
    (base / "bottle/train/good/000.png").rename(base / "bottle/train/good/100.png")
    assert of(base) != before


def test_tells_equal_categories_apart_and_ignores_the_others_files(base: Path) -> None:
    before = of(base)
    assert before != of(base, "carpet")
    (base / "carpet/train/good/000.png").unlink()
    assert of(base) == before


def test_follows_the_version_of_the_reader(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = of(base)
    monkeypatch.setattr(MVTecAD, "version", MVTecAD.version + 1)
    assert of(base) != before

import errno
import os
from pathlib import Path

import pytest

from harness.datasets.readers.mvtec_ad import MVTecAD
from harness.datasets.splits import make_split, write_manifest
from harness.datasets.splits.manifest import manifest_split
from harness.errors import SettingsError
from tests.support import miniatures
from tests.support.manifests import check_reads_as_itself
from tests.support.tiny_dataset import TinyDataset

RIGHT = {"n00": "train", "n01": "train", "n02": "test", "n03": "left_out", "d00": "test"}


@pytest.fixture
def dataset(tmp_path: Path) -> TinyDataset:
    return TinyDataset(tmp_path, [0, 1, 2, 3], [4], is_drawn=True)


def manifest(folder: Path, parts: dict[str, str], *more: str) -> Path:
    path = folder / "split.csv"
    lines = ["image,part", *(f"{image},{part}" for image, part in parts.items()), *more]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_does_what_the_file_says_whatever_the_seed(dataset: TinyDataset, tmp_path: Path) -> None:
    path = manifest(tmp_path, RIGHT)
    split = make_split(dataset, tmp_path, "tiny", 3, str(path))
    assert [sample.id for sample in split.train] == ["n00", "n01"]
    assert [sample.id for sample in split.test] == ["d00", "n02"]
    assert split.left_out == (("x00", "defect image with an empty mask"), ("n03", "left out by split.csv"))
    assert split == make_split(dataset, tmp_path, "tiny", 4, str(path))


@pytest.mark.parametrize("name", ["published", "grouped", "kfold-2-1"])
def test_a_written_split_reads_as_itself(dataset: TinyDataset, tmp_path: Path, name: str) -> None:
    split = make_split(dataset, tmp_path, "tiny", 2, name)
    check_reads_as_itself(split, dataset, tmp_path, "tiny", tmp_path / "written.csv")


def test_one_file_serves_every_category(tmp_path: Path) -> None:
    miniatures.mvtec_ad(tmp_path)
    path = tmp_path / "split.csv"
    splits = {category: MVTecAD().split(tmp_path, category, 0) for category in ("bottle", "carpet")}
    write_manifest(splits.values(), path)
    for category, split in splits.items():
        assert set(manifest_split(MVTecAD(), tmp_path, category, path).train) == set(split.train)


def test_says_where_it_cannot_write(dataset: TinyDataset, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none/split\.csv: cannot be written \(No such file or directory\)"):
        write_manifest([dataset.split(tmp_path, "tiny", 0)], tmp_path / "none/split.csv")


def test_a_write_that_is_cut_off_leaves_the_earlier_file(
    dataset: TinyDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = manifest(tmp_path, RIGHT)
    before = path.read_bytes()

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SettingsError, match=r"split\.csv: cannot be written \(No space left on device\)"):
        write_manifest([dataset.split(tmp_path, "tiny", 0)], path)
    assert path.read_bytes() == before

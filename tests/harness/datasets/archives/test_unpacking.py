import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.datasets.archives.unpacking import Unpacked, unpack
from harness.datasets.finding import find
from harness.datasets.preflight import check_split
from harness.errors import DataError
from tests.support import miniatures, unknown_folders


def zipped(root: Path, source: Path, prefix: str, name: str = "download.zip") -> Path:
    """The files below ``source``, in an archive in which they lie below ``prefix``."""
    path = root / name
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(source.rglob("*")):
            if file.is_file():
                archive.write(file, f"{prefix}{file.relative_to(source).as_posix()}")
    return path


def hidden(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("build", "prefix"),
    [
        (miniatures.mvtec_ad, ""),
        (miniatures.mvtec_ad, "mvtec_anomaly_detection/"),
        (miniatures.mvtec_ad, "downloads/MVTec/mvtec_anomaly_detection/"),
        (miniatures.mtd, "Magnetic-tile-defect-datasets.-master/"),
        (miniatures.ksdd, ""),
        (miniatures.ksdd, "KolektorSDD/"),
    ],
)
def test_a_known_layout_gets_its_name_wherever_it_lies(
    tmp_path: Path, build: Callable[[Path], Path], prefix: str
) -> None:
    source = build(tmp_path / "source")
    archive = zipped(tmp_path, source, prefix)
    root = tmp_path / "data"
    unpacked = unpack(archive, root)
    assert (unpacked.dataset, unpacked.folder) == (source.name, root / source.name)
    dataset = find(source.name, root)
    for category in dataset.categories(root):
        check_split(dataset.split(root, category, 0), category)
    assert hidden(root) == []


def test_a_compressed_tar_is_put_in_place_alike(tmp_path: Path) -> None:
    source = miniatures.mvtec_ad(tmp_path / "source")
    with tarfile.open(tmp_path / "bottle.tar.xz", "w:xz") as archive:
        archive.add(source / "bottle", "bottle")
    unpacked = unpack(tmp_path / "bottle.tar.xz", tmp_path)
    assert unpacked.folder == tmp_path / "mvtec_ad"
    assert [path.name for path in unpacked.folder.iterdir()] == ["bottle"]
    assert unpacked.folder.stat().st_mode & 0o055 == 0o055


@pytest.mark.parametrize(
    ("prefix", "name", "folder"),
    [
        ("castings/", None, "castings"),
        ("", None, "download"),
        ("outer/castings/", None, "castings"),
        ("", "line-3", "line-3"),
    ],
)
def test_an_unknown_layout_is_kept_under_its_own_name(
    tmp_path: Path, prefix: str, name: str | None, folder: str
) -> None:
    unknown_folders.good_and_bad(tmp_path / "source")
    unpacked = unpack(zipped(tmp_path, tmp_path / "source", prefix), tmp_path / "data", name=name)
    assert unpacked == Unpacked(
        folder=tmp_path / "data" / folder,
        dataset=None,
        num_files=unpacked.num_files,
        num_bytes=unpacked.num_bytes,
        seen="14 images in 2 folders (NG parts, OK parts)",
    )
    assert hidden(tmp_path / "data") == []


def test_a_known_layout_may_get_another_name(tmp_path: Path) -> None:
    archive = zipped(tmp_path, miniatures.ksdd(tmp_path / "source"), "KolektorSDD/")
    unpacked = unpack(archive, tmp_path / "data", name="commutators")
    assert (unpacked.dataset, unpacked.folder) == (None, tmp_path / "data/commutators")


def test_an_unknown_layout_may_not_take_a_known_name(tmp_path: Path) -> None:
    unknown_folders.good_and_bad(tmp_path / "source")
    archive = zipped(tmp_path, tmp_path / "source", "mtd/")
    with pytest.raises(DataError, match=r"does not have the layout of mtd \(14 images .*Expected: .*--name NAME"):
        unpack(archive, tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_an_archive_of_two_data_sets_is_refused_until_one_is_chosen(tmp_path: Path) -> None:
    source = tmp_path / "source"
    miniatures.mtd(source)
    miniatures.ksdd(source)
    archive = zipped(tmp_path, source, "")
    with pytest.raises(DataError, match=r"several known data sets \(ksdd as ksdd, mtd as mtd\); --name NAME chooses"):
        unpack(archive, tmp_path / "data")
    assert unpack(archive, tmp_path / "data", name="ksdd").folder == tmp_path / "data/ksdd"


@pytest.mark.parametrize("name", [None, "mtd"])
def test_nothing_is_written_over_what_is_there(tmp_path: Path, name: str | None) -> None:
    source = miniatures.mtd(tmp_path / "source")
    archive = zipped(tmp_path, source, "")
    (tmp_path / "data/mtd").mkdir(parents=True)
    with pytest.raises(DataError, match=r"mtd: exists already and is not overwritten; move it away first"):
        unpack(archive, tmp_path / "data", name=name)
    assert list((tmp_path / "data").rglob("*")) == [tmp_path / "data/mtd"]


@pytest.mark.parametrize("share", [0.3, 0.95])
def test_nothing_is_left_of_an_archive_that_is_damaged(tmp_path: Path, share: float) -> None:
    source = miniatures.ksdd(tmp_path / "source")
    archive = Path(shutil.make_archive(str(tmp_path / "ksdd"), "gztar", source))
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * share)])
    with pytest.raises(DataError, match=r"ksdd\.tar\.gz: .*nothing was unpacked"):
        unpack(archive, tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_nothing_is_left_after_an_interruption(tmp_path: Path) -> None:
    def interrupt(num_files: int, num_bytes: int) -> None:
        raise KeyboardInterrupt

    archive = zipped(tmp_path, miniatures.ksdd(tmp_path / "source"), "")
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        unpack(archive, tmp_path / "data", report=interrupt)
    assert list((tmp_path / "data").iterdir()) == []


def test_limits_are_passed_on(tmp_path: Path) -> None:
    archive = zipped(tmp_path, miniatures.ksdd(tmp_path / "source"), "")
    with pytest.raises(DataError, match=r"more than 1e-05 GB"):
        unpack(archive, tmp_path / "data", max_gb=1e-5)
    with pytest.raises(DataError, match="more than 5 files"):
        unpack(archive, tmp_path / "data", max_files=5)


@pytest.mark.parametrize("name", ["..", "a/b", ".hidden", "all", ""])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="cannot be the name of a data set"):
        unpack(tmp_path / "none.zip", tmp_path, name=name)


def test_a_data_root_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(DataError, match=r"data: cannot be written \(File exists\); --data DIR chooses another place"):
        unpack(tmp_path / "none.zip", tmp_path / "data")


@pytest.mark.parametrize("max_gb", [float("inf"), float("nan")])
def test_a_limit_that_is_no_number_is_refused(tmp_path: Path, max_gb: float) -> None:
    with pytest.raises(DataError, match=r"^max_gb: expected a number of gigabytes, e\.g\. 100, got (inf|nan)\.$"):
        unpack(tmp_path / "archive.zip", tmp_path / "data", max_gb=max_gb)

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.datasets.archives.archive import Extracted, extract
from harness.datasets.archives.writer import Limits
from harness.errors import DataError

LIMITS = Limits(max_bytes=10_000_000, max_files=100)
FILES = {"set/train/0.png": b"zero", "set/test/1.png": b"one" * 1000, "set/empty.txt": b""}
TARS = ("w", "w:gz", "w:bz2", "w:xz")


def written_tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return path


def member(
    name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    return info, content


def written_zip(path: Path, files: dict[str, bytes], mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w") as content:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            content.writestr(info, text)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "outer/target").mkdir(parents=True)
    yield tmp_path / "outer/target"
    # Whatever an archive tried, nothing appeared beside the target.
    assert list((tmp_path / "outer").iterdir()) == [tmp_path / "outer/target"]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("mode", TARS)
def test_tars_of_every_compression_come_out_whole(tmp_path: Path, target: Path, mode: str) -> None:
    # The name says nothing: the content decides.
    path = written_tar(tmp_path / "download", [member(name, text) for name, text in FILES.items()], mode)
    assert extract(path, target, LIMITS) == Extracted(num_files=6, num_bytes=3004)
    assert contents(target) == FILES


def test_zips_come_out_whole(tmp_path: Path, target: Path) -> None:
    path = written_zip(tmp_path / "download", {"set/": b"", **FILES})
    assert extract(path, target, LIMITS) == Extracted(num_files=6, num_bytes=3004)
    assert contents(target) == FILES


def test_progress_is_told_after_each_file(tmp_path: Path, target: Path) -> None:
    told: list[tuple[int, int]] = []
    path = written_zip(tmp_path / "a.zip", {"0.png": b"ab", "1.png": b"c"})
    extract(path, target, LIMITS, lambda files, size: told.append((files, size)))
    assert told == [(1, 2), (2, 3)]


def test_what_macos_adds_is_skipped(tmp_path: Path, target: Path) -> None:
    path = written_zip(tmp_path / "a.zip", {"__MACOSX/._0.png": b"", "._0.png": b"", ".DS_Store": b"", "0.png": b"x"})
    extract(path, target, LIMITS)
    assert contents(target) == {"0.png": b"x"}


def test_permissions_of_the_archive_are_not_taken_over(tmp_path: Path, target: Path) -> None:
    info, content = member("run.sh")
    info.mode = 0o4777
    extract(written_tar(tmp_path / "a.tar", [(info, content)]), target, LIMITS)
    assert stat.S_IMODE((target / "run.sh").stat().st_mode) & 0o7111 == 0


BAD_NAMES = [
    ("../evil.png", "leads out of the archive"),
    ("a/../../evil.png", "leads out of the archive"),
    ("/etc/evil.png", "has an absolute path"),
    ("C:/evil.png", "has an absolute path"),
    ("..\\evil.png", "has a backslash"),
    ("a\x1b[2Jb.png", "control characters"),
]


@pytest.mark.parametrize(("name", "problem"), BAD_NAMES)
@pytest.mark.parametrize("is_zip", [True, False])
def test_names_that_lead_elsewhere_are_refused(
    tmp_path: Path, target: Path, name: str, problem: str, is_zip: bool
) -> None:
    path = tmp_path / "hostile"
    if is_zip:
        written_zip(path, {"good.png": b"x", name: b"evil"})
    else:
        written_tar(path, [member("good.png"), member(name)])
    with pytest.raises(DataError, match=problem) as caught:
        extract(path, target, LIMITS)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    # A zip has a list, which is checked before anything is written.
    assert set(contents(target)) == (set() if is_zip else {"good.png"})


@pytest.mark.parametrize("link", ["..", "/tmp", ".", "inside"])
def test_nothing_is_written_through_a_link(tmp_path: Path, target: Path, link: str) -> None:
    members = [member("door", kind=tarfile.SYMTYPE, link=link), member("door/evil.png", b"evil")]
    with pytest.raises(DataError, match=r"'door' is a link to .*(outside the archive|no file of the archive)"):
        extract(written_tar(tmp_path / "a.tar", members), target, LIMITS)
    assert not any(path.is_symlink() for path in target.rglob("*"))


def test_links_to_files_of_the_archive_become_copies(tmp_path: Path, target: Path) -> None:
    members = [
        member("b/soft.png", kind=tarfile.SYMTYPE, link="../a/0.png"),
        member("a/0.png", b"zero"),
        member("hard.png", kind=tarfile.LNKTYPE, link="a/0.png"),
        member("b/soft-of-soft.png", kind=tarfile.SYMTYPE, link="soft.png"),
    ]
    extracted = extract(written_tar(tmp_path / "a.tar", members), target, LIMITS)
    names = ("a/0.png", "b/soft.png", "hard.png", "b/soft-of-soft.png")
    assert contents(target) == dict.fromkeys(names, b"zero")
    assert extracted.num_bytes == 16
    assert not any(path.is_symlink() or path.stat().st_nlink > 1 for path in target.rglob("*.png"))


def test_copies_of_links_count_against_the_limit(tmp_path: Path, target: Path) -> None:
    members = [member("0.png", bytes(6_000_000)), member("1.png", kind=tarfile.LNKTYPE, link="0.png")]
    with pytest.raises(DataError, match=r"unpacks to more than 0\.01 GB"):
        extract(written_tar(tmp_path / "a.tar", members), target, LIMITS)


@pytest.mark.parametrize("mode", TARS)
def test_a_tar_that_grows_too_large_is_refused_before_the_file_that_does_it(
    tmp_path: Path, target: Path, mode: str
) -> None:
    path = written_tar(tmp_path / "bomb", [member("small.png"), member("large.png", bytes(20_000_000))], mode)
    with pytest.raises(DataError, match=r"bomb: unpacks to more than 0\.01 GB; --max-gb raises the limit"):
        extract(path, target, LIMITS)
    assert contents(target) == {"small.png": b"x"}


def test_a_zip_that_grows_too_large_is_refused_before_anything_is_written(tmp_path: Path, target: Path) -> None:
    path = written_zip(tmp_path / "bomb.zip", {f"{n}.png": bytes(4_000_000) for n in range(3)})
    assert path.stat().st_size < 40_000
    with pytest.raises(DataError, match=r"unpacks to more than 0\.01 GB"):
        extract(path, target, LIMITS)
    assert contents(target) == {}


def test_a_zip_that_lies_about_a_size_is_refused(tmp_path: Path, target: Path) -> None:
    path = written_zip(tmp_path / "bomb.zip", {"a.png": bytes(4_000_000)})
    size = (4_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(DataError, match=r"bomb\.zip: damaged"):
        extract(path, target, LIMITS)
    assert sum(map(len, contents(target).values())) <= 10


def test_a_disk_that_is_too_small_is_seen_before(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 300 << 20

    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage)
    path = written_zip(tmp_path / "a.zip", {"a.png": bytes(60_000_000)})
    with pytest.raises(DataError, match=r"unpacks to 0\.1 GB or more, and 0\.0 GB of disk are free .*--data DIR"):
        extract(path, target, Limits(max_bytes=10**9, max_files=9))


@pytest.mark.parametrize("is_zip", [True, False])
def test_too_many_files_are_refused(tmp_path: Path, target: Path, is_zip: bool) -> None:
    names = [f"{number}.png" for number in range(101)]
    path = tmp_path / "many"
    if is_zip:
        written_zip(path, dict.fromkeys(names, b""))
    else:
        written_tar(path, [member(name) for name in names])
    with pytest.raises(DataError, match="has more than 100 files and folders; --max-files raises the limit"):
        extract(path, target, LIMITS)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_name_that_comes_twice_in_a_zip_is_refused_before_anything_is_written(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("0.png", b"first")
        content.writestr("0.png", b"second")
    with pytest.raises(DataError, match=r"'0\.png' is in the archive twice"):
        extract(path, target, LIMITS)
    assert contents(target) == {}


@pytest.mark.parametrize(
    ("mode", "size", "kept"),
    [
        *((mode, 50_000, share) for mode in TARS for share in (0.2, 0.5, 0.9)),
        ("w", 512, 0.2),  # between two files, so that only the end mark is missing
        ("w:gz", 5000, 0.9999),  # only the checksum is missing
    ],
)
def test_a_tar_that_ends_early_is_refused(tmp_path: Path, target: Path, mode: str, size: int, kept: float) -> None:
    path = written_tar(tmp_path / "cut", [member(f"{number}.png", os.urandom(size)) for number in range(5)], mode)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(DataError, match=r"cut: (damaged, incomplete|'.\.png' ends after)") as caught:
        extract(path, target, LIMITS)
    assert "\n" not in str(caught.value)


def test_a_zip_that_ends_early_or_has_flipped_bytes_is_refused(tmp_path: Path, target: Path) -> None:
    path = written_zip(tmp_path / "cut.zip", {"0.png": os.urandom(5000)})
    whole = path.read_bytes()
    path.write_bytes(whole[:2500])
    with pytest.raises(DataError, match=r"cut\.zip: damaged, incomplete, or neither zip nor tar"):
        extract(path, target, LIMITS)
    path.write_bytes(whole[:1000] + bytes(100) + whole[1100:])
    with pytest.raises(DataError, match=r"cut\.zip: damaged"):
        extract(path, target, LIMITS)

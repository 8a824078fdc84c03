import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.atomic_files import unfinished_file, unfinished_folder, write_atomically


@pytest.fixture(params=[0o022, 0o027, 0o002])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield int(request.param)
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_has_the_permissions_that_the_umask_gives(tmp_path: Path, umask: int) -> None:
    write_atomically(tmp_path / "new" / "part", b"content")
    assert mode_of(tmp_path / "new" / "part") == 0o666 & ~umask
    assert mode_of(tmp_path / "new") == 0o777 & ~umask


def test_a_folder_has_the_permissions_that_the_umask_gives(tmp_path: Path, umask: int) -> None:
    with unfinished_folder(tmp_path / "base", ".making-") as folder:
        (folder / "image").write_bytes(b"")
        folder.rename(tmp_path / "base" / "whole")
    assert mode_of(tmp_path / "base" / "whole") == 0o777 & ~umask
    assert [path.name for path in (tmp_path / "base").iterdir()] == ["whole"]


def test_a_folder_that_was_not_renamed_is_removed(tmp_path: Path) -> None:
    with unfinished_folder(tmp_path, ".making-") as folder:
        (folder / "half").write_bytes(b"")
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_file_takes_its_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "note"
    with unfinished_file(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unfinished_file_is_removed_by_an_exception(tmp_path: Path) -> None:
    def write() -> None:
        with unfinished_file(tmp_path / "note") as temporary:
            temporary.write_text("half")
            raise ValueError("no good")

    with pytest.raises(ValueError, match="no good"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_write_cut_before_the_rename_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "part"
    write_atomically(path, b"old")

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]

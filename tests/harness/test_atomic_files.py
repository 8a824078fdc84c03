import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.atomic_files import check_place, unfinished_file, unfinished_folder, write_atomically
from harness.errors import SettingsError


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


def test_a_place_where_something_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    check_place(tmp_path)
    check_place(tmp_path / "new" / "folder")
    (tmp_path / "file").write_bytes(b"")
    check_place(tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_place_below_a_file_or_a_broken_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    for name in ("file", "link"):
        with pytest.raises(SettingsError, match=rf"/{name}/new: nothing can be written there, .* is no folder\.$"):
            check_place(tmp_path / name / "new")


def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SettingsError, match=r"may not be written to\.$"):
        check_place(tmp_path / "new")

import os
from pathlib import Path

import pytest

from harness.datasets.image_folders import folders_in, images_in, matching
from harness.errors import DataError
from tests.support.miniatures import write_image


def test_images_and_folders_are_told_apart_and_sorted(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    for name in ("x.png", "w", ".git"):
        (tmp_path / name).mkdir()
    assert [path.name for path in images_in(tmp_path)] == ["a.JPG", "b.png"]
    assert [path.name for path in folders_in(tmp_path)] == ["w", "x.png"]


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "none", tmp_path / "file"):
        assert (images_in(path), folders_in(path)) == ([], [])


def test_a_link_to_itself_is_listed_so_that_its_reader_names_it(tmp_path: Path) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert images_in(tmp_path) == [tmp_path / "loop.png"]
    assert folders_in(tmp_path) == []


def test_a_folder_that_may_not_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=rf"^{tmp_path}: cannot be listed \(Permission denied\)\."):
        images_in(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "names"), [("a", ["0.png"]), ("a/*.png", ["0.png"]), ("**/*.png", ["0.png", "1.png"]), ("a/0.jpg", [])]
)
def test_a_pattern_names_images(tmp_path: Path, pattern: str, names: list[str]) -> None:
    write_image(tmp_path / "a/0.png", 0)
    write_image(tmp_path / "a/b/1.png", 1)
    (tmp_path / "a/x.png").mkdir()
    assert sorted(path.name for path in matching(tmp_path, pattern)) == names

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.jobs import image_paths
from harness.jobs.image_paths import arriving_images, named_images, streamed_images


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def names_of(paths: list[Path]) -> list[str]:
    return [str(name) for _, name in named_images(paths)]


def test_a_folder_is_searched_at_any_depth_for_images_alone(tmp_path: Path) -> None:
    touched(tmp_path, "b.png", "a b/ü\n.JPG", "a b/deep/c.bmp", "notes.txt", ".hidden.png", "d.png/e.tiff")
    assert names_of([tmp_path]) == ["a b/deep/c.bmp", "a b/ü\n.JPG", "b.png", "d.png/e.tiff"]


def test_order_is_as_given_and_sorted_within(tmp_path: Path) -> None:
    touched(tmp_path, "z.png", "one/b.png", "one/a.png")
    assert names_of([tmp_path / "z.png", tmp_path / "one"]) == ["z.png", "a.png", "b.png"]


def test_a_pattern_names_files_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched(tmp_path, "day 1/a.png", "day 2/b.png", "night/c.png", "day 1.png")
    monkeypatch.chdir(tmp_path)
    assert names_of([Path("day*")]) == ["a.png", "day 1.png", "b.png"]
    assert names_of([tmp_path / "*/[ab].png"]) == ["a.png", "b.png"]


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tmp_path: Path) -> None:
    touched(tmp_path, "part [1].png", "part 1.png")
    assert names_of([tmp_path / "part [1].png"]) == ["part [1].png"]


def test_a_missing_file_is_listed_because_its_row_tells_the_reason(tmp_path: Path) -> None:
    assert named_images([tmp_path / "missing.png"]) == [(tmp_path / "missing.png", Path("missing.png"))]


def test_nothing_to_judge_is_refused(tmp_path: Path) -> None:
    touched(tmp_path, "notes.txt")
    with pytest.raises(DataError, match=r"^No image in .*; expected .*\.png.* files\.$"):
        named_images([tmp_path])
    with pytest.raises(DataError, match=r"^No image in an empty list"):
        named_images([])
    with pytest.raises(DataError, match=r"\*\.gif: no file matches this pattern"):
        named_images([tmp_path / "*.gif"])


# Streams.


def test_a_stream_gives_its_paths_and_none_when_it_waits() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8") as lines, os.fdopen(writer, "w", encoding="utf-8") as source:
        found = streamed_images(lines)
        source.write("there/a b.png\n")
        source.flush()
        # Nothing was there at the first look, or the line was.
        first = next(each for each in found if each is not None)
        assert first == (Path("there/a b.png"), Path("a b.png"))
        assert next(found) is None
        source.write("\nü.png\n")
        source.close()
        assert [each for each in found if each is not None] == [(Path("ü.png"), Path("ü.png"))]


def test_an_error_of_a_stream_is_not_an_endless_wait() -> None:
    def lines() -> Iterator[str]:
        yield "a.png\n"
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    found = streamed_images(lines())
    with pytest.raises(UnicodeDecodeError, match="invalid start byte"):
        list(found)


# Folders that are watched.


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_paths, "_POLL_SECONDS", 0.0)


def looks(found: Iterator[image_paths.NamedPath | None]) -> Iterator[list[str]]:
    """The names of each look at the folder."""
    while True:
        names = []
        while (each := next(found)) is not None:
            names.append(str(each[1]))
        yield names


@pytest.mark.usefixtures("_no_waiting")
def test_an_image_is_given_once_when_its_size_no_longer_changes(tmp_path: Path) -> None:
    touched(tmp_path, "first.png")
    seen = looks(arriving_images(tmp_path))
    assert [next(seen), next(seen), next(seen)] == [[], ["first.png"], []]
    growing = tmp_path / "sub/growing.png"
    touched(tmp_path, "sub/growing.png")
    assert next(seen) == []
    growing.write_bytes(b"xx")
    assert [next(seen), next(seen), next(seen)] == [[], ["sub/growing.png"], []]


@pytest.mark.usefixtures("_no_waiting")
def test_an_image_that_is_moved_away_meanwhile_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched(tmp_path, "a.png", "gone.png")
    listed = image_paths._images_below

    def then_moved(folder: Path) -> list[Path]:
        found = listed(folder)
        (folder / "gone.png").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(image_paths, "_images_below", then_moved)
    seen = looks(arriving_images(tmp_path))
    assert [next(seen), next(seen)] == [[], ["a.png"]]

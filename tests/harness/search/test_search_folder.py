import json
from pathlib import Path

import pytest

from harness.errors import SettingsError
from harness.search.search_folder import check_resumable, locked, write_asked

ASKED = {"seed": 0, "images": {"demo/tile": "abc"}, "space": {"layers": (1, 2)}}


def test_a_search_is_continued_when_it_asks_for_the_same(tmp_path: Path) -> None:
    write_asked(tmp_path, ASKED)
    check_resumable(tmp_path, resume=True)
    write_asked(tmp_path, ASKED)
    assert json.loads((tmp_path / "search.json").read_text())["seed"] == 0


def test_a_search_is_not_continued_unasked(tmp_path: Path) -> None:
    check_resumable(tmp_path, resume=False)
    write_asked(tmp_path, ASKED)
    with pytest.raises(SettingsError, match="holds a search already; continue it with --resume"):
        check_resumable(tmp_path, resume=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 1}, "was started with seed 0, got 1; use the same"),
        ({"images": {"demo/tile": "abd"}}, "was started with images"),
    ],
)
def test_other_images_or_seeds_are_another_search(tmp_path: Path, change: dict[str, object], said: str) -> None:
    write_asked(tmp_path, ASKED)
    with pytest.raises(SettingsError, match=said):
        write_asked(tmp_path, ASKED | change)


def test_a_study_of_unknown_origin_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study.journal").touch()
    with pytest.raises(SettingsError, match=r"holds a study without search\.json"):
        check_resumable(tmp_path, resume=True)


def test_a_live_search_is_held_and_says_by_whom(tmp_path: Path) -> None:
    with locked(tmp_path):  # noqa: SIM117 - the second one is what fails
        with pytest.raises(SettingsError, match=r"is running in process \d+ on \S+; wait for it"), locked(tmp_path):
            pass
    with locked(tmp_path):
        assert (tmp_path / "search.holder").is_file()


def test_a_search_is_held_where_nobody_can_be_told_by_whom(tmp_path: Path) -> None:
    (tmp_path / "search.holder").mkdir()  # as little to be written as a file of a full disk
    with locked(tmp_path):  # noqa: SIM117 - the second one is what fails
        with pytest.raises(SettingsError, match=r"is running in another process; wait for it"), locked(tmp_path):
            pass
    with locked(tmp_path):
        pass

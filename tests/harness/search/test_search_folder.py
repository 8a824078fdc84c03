import json
from pathlib import Path

import pytest

from harness.errors import SettingsError
from harness.search.search_folder import open_folder

ASKED = {"seed": 0, "images": {"demo/tile": "abc"}, "space": {"layers": (1, 2)}}


def test_a_search_goes_on_when_it_is_asked_to_and_asks_the_same(tmp_path: Path) -> None:
    open_folder(tmp_path / "a", ASKED, resume=False)
    open_folder(tmp_path / "a", ASKED, resume=True)
    assert json.loads((tmp_path / "a/search.json").read_text())["seed"] == 0


def test_a_search_is_not_continued_unasked(tmp_path: Path) -> None:
    open_folder(tmp_path / "a", ASKED, resume=False)
    with pytest.raises(SettingsError, match="holds a search already; right would be --resume"):
        open_folder(tmp_path / "a", ASKED, resume=False)


def test_other_images_or_seeds_are_another_search(tmp_path: Path) -> None:
    open_folder(tmp_path / "a", ASKED, resume=False)
    with pytest.raises(SettingsError, match=r"started with another seed \(0, now 1\); right would be the same"):
        open_folder(tmp_path / "a", ASKED | {"seed": 1}, resume=True)
    with pytest.raises(SettingsError, match="started with another images"):
        open_folder(tmp_path / "a", ASKED | {"images": {"demo/tile": "abd"}}, resume=True)


def test_going_on_with_nothing_begins(tmp_path: Path) -> None:
    open_folder(tmp_path / "a", ASKED, resume=True)
    assert (tmp_path / "a/search.json").is_file()


def test_a_study_of_unknown_origin_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study.journal").touch()
    with pytest.raises(SettingsError, match=r"holds a study without search\.json"):
        open_folder(tmp_path, ASKED, resume=False)

import subprocess
import sys
from pathlib import Path

import pytest

from harness.datasets.finding import find, installed, resolve
from harness.errors import DataError, UnknownNameError
from tests.support import miniatures


def named(root: Path, folder: str, name: str) -> Path:
    base = miniatures.castings(root / folder)
    (base / "dataset.toml").write_text(f'name = "{name}"\n' + miniatures.FOLDER_TOML, encoding="utf-8")
    return base


def test_installed_lists_built_in_ones_and_then_described_folders(tmp_path: Path) -> None:
    for build in (miniatures.castings, miniatures.mtd, miniatures.mvtec_ad):
        build(tmp_path)
    (tmp_path / "notes").mkdir()
    assert list(installed(tmp_path)) == ["mvtec_ad", "mtd", "castings"]


def test_nothing_is_installed_below_a_root_that_is_not_there(tmp_path: Path) -> None:
    assert installed(tmp_path / "none") == {}


def test_all_is_every_installed_one(tmp_path: Path) -> None:
    miniatures.mtd(tmp_path)
    miniatures.castings(tmp_path)
    assert [dataset.info.name for dataset in resolve(["all"], tmp_path)] == ["mtd", "castings"]


def test_all_is_the_demo_where_nothing_is_installed(tmp_path: Path) -> None:
    assert [dataset.info.name for dataset in resolve(["all"], tmp_path)] == ["demo"]


def test_a_data_set_asked_for_twice_comes_once_in_the_order_asked_for(tmp_path: Path) -> None:
    miniatures.mtd(tmp_path)
    base = miniatures.castings(tmp_path)
    names = ["castings", "demo", str(base), "all", "demo"]
    assert [dataset.info.name for dataset in resolve(names, tmp_path)] == ["castings", "demo", "mtd"]


def test_finds_a_folder_by_its_path_wherever_it_is(tmp_path: Path) -> None:
    base = miniatures.castings(tmp_path / "elsewhere")
    assert find(str(base), tmp_path / "data").folder(tmp_path) == base


def test_finds_a_folder_by_the_name_in_its_description(tmp_path: Path) -> None:
    base = named(tmp_path, ".", "line-3")
    assert find("line-3", tmp_path).folder(tmp_path) == base


@pytest.mark.parametrize(("typed", "meant"), [("mvtecad", "mvtec_ad"), ("MTD", "mtd"), ("casting", "castings")])
def test_suggests_the_nearest_name(tmp_path: Path, typed: str, meant: str) -> None:
    miniatures.castings(tmp_path)
    with pytest.raises(
        UnknownNameError, match=rf"Unknown data set '{typed}'. Did you mean '{meant}'\? Known: .*castings"
    ):
        resolve([typed], tmp_path)


def test_a_known_data_set_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"'mtd' is not in {tmp_path}/mtd\. Expected: .*Source:"):
        find("mtd", tmp_path)


def test_a_folder_may_not_take_a_built_in_name(tmp_path: Path) -> None:
    base = named(tmp_path, ".", "mtd")
    for look in (lambda: find(str(base), tmp_path), lambda: installed(tmp_path)):
        with pytest.raises(
            DataError, match=r"dataset\.toml, top level, name: 'mtd' is the name of a built-in data set"
        ):
            look()


def test_two_folders_below_the_root_may_not_share_a_name(tmp_path: Path) -> None:
    miniatures.castings(tmp_path)
    (tmp_path / "castings").rename(tmp_path / "old")
    named(tmp_path, ".", "old")
    with pytest.raises(DataError, match=r"'old' is also the name of the data set in .*choose another name"):
        installed(tmp_path)


def test_finds_a_description_by_its_path(tmp_path: Path) -> None:
    base = miniatures.castings(tmp_path / "elsewhere")
    (base / "dataset.toml").rename(tmp_path / "line-3.toml")
    text = (tmp_path / "line-3.toml").read_text(encoding="utf-8")
    (tmp_path / "line-3.toml").write_text(f'folder = "{base}"\n{text}', encoding="utf-8")
    found = find(str(tmp_path / "line-3.toml"), tmp_path / "data")
    assert (found.info.name, found.folder(tmp_path)) == ("line-3", base)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("", r"no dataset\.toml in this folder"), ("none.toml", r"none\.toml: this file does not exist")],
)
def test_a_path_without_a_description_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        find(str(tmp_path / name), tmp_path)


def test_two_paths_may_not_share_a_name(tmp_path: Path) -> None:
    left, right = (miniatures.castings(tmp_path / side) for side in ("left", "right"))
    (left / "castings.toml").write_bytes((left / "dataset.toml").read_bytes())
    for other in (right, left / "castings.toml"):
        with pytest.raises(DataError, match=rf"Two data sets are called 'castings': .*left.* and {other}"):
            resolve([str(left), str(other)], tmp_path)


def test_imports_nothing_slow() -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from harness.datasets.finding import installed; installed(Path('none')); "
        "print(sorted({'torch', 'ray', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"

from pathlib import Path

import pytest

from harness.datasets.splits import check_split_name, split_identity
from harness.errors import SettingsError, UnknownNameError

ROWS = "image,part\na.png,train\nb.png,test\n"


@pytest.mark.parametrize("name", ["published", "grouped", "kfold-2-1", "kfold-10-10", "fold-1"])
def test_passes_the_names_there_are(name: str) -> None:
    check_split_name(name)


def test_passes_a_manifest_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "mine.CSV").write_text(ROWS)
    check_split_name(str(tmp_path / "mine.CSV"))


@pytest.mark.parametrize("name", ["", "Grouped", "kfold", "kfold-5", "kfold-5-1-2", "kfold--5-1", "kfold-a-b"])
def test_refuses_other_names_and_lists_the_right_ones(name: str) -> None:
    with pytest.raises(
        UnknownNameError,
        match=r"Unknown split .* Known: FILE\.csv, fold-1, .*, kfold-K-I, pub",
    ):
        check_split_name(name)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("kfold-1-1", "expected at least 2 folds, got 1"),
        ("kfold-0-0", "expected at least 2 folds, got 0"),
        ("kfold-5-0", "only folds 1 to 5 exist; got fold 0"),
        ("kfold-5-6", "only folds 1 to 5 exist; got fold 6"),
    ],
)
def test_refuses_a_fold_that_does_not_exist(name: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=f"Split '{name}': {problem}"):
        check_split_name(name)


def test_refuses_a_manifest_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match=r"Split none\.csv: no such file; 'bench datasets split' writes"):
        check_split_name("none.csv")


def test_identities_carry_versions_so_that_other_algorithms_are_other_splits() -> None:
    assert split_identity("published") == "published"
    assert split_identity("fold-1") == "fold-1"
    assert split_identity("grouped") == "grouped-1.1"
    assert split_identity("kfold-5-2") == "kfold-5-2-1.1"


def test_a_manifest_is_what_it_says_wherever_it_lies(tmp_path: Path) -> None:
    texts = {
        "one.csv": ROWS,
        "other_name.csv": ROWS,
        "other_order.csv": "image,part\nb.png,test\na.png,train\n",
        "other_line_ends.csv": "\ufeff" + ROWS.replace("\n", "\r\n"),
        "other_split.csv": ROWS.replace("test", "left_out"),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    identities = {name: split_identity(str(tmp_path / name)) for name in texts}
    assert len(set(identities.values())) == 2
    assert identities["other_split.csv"] != identities["one.csv"]
    assert identities["one.csv"].startswith("manifest-")
    assert len(identities["one.csv"]) == len("manifest-") + 12

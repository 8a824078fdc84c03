import shutil
from pathlib import Path

import pytest

import harness
from harness.bundles.bundle import read_description, rewrite_description
from harness.errors import BundleError, DataError, SettingsError


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return shutil.copytree(bundle, tmp_path / "copy")


def test_a_new_rate_changes_the_threshold_and_nothing_else(copy: Path, bundle: Path) -> None:
    found = harness.threshold(copy, false_alarms=0.3)
    before, after = read_description(bundle), read_description(copy)
    assert before.thresholds is not None
    assert found.score < before.thresholds.score
    assert after.thresholds == found == harness.load(copy).thresholds
    assert before.threshold_command is None
    assert after.threshold_command is not None
    assert after.model_copy(update={"thresholds": before.thresholds, "threshold_command": None}) == before


def test_the_rule_of_three_deviations_needs_no_rate(copy: Path) -> None:
    found = harness.threshold(copy, rule="mean-3sd")
    assert (found.rule, found.false_alarms, found.num_groups) == ("mean-3sd", None, 10)


def test_a_refused_rate_leaves_the_bundle_as_it_was(copy: Path) -> None:
    before = (copy / "model.json").read_bytes()
    with pytest.raises(DataError, match=r"^a false-alarm rate of 1 % needs 99 good images .*, got 10"):
        harness.threshold(copy, false_alarms=0.01)
    with pytest.raises(SettingsError, match=r"false_alarms: "):
        harness.threshold(copy, false_alarms=2)
    assert (copy / "model.json").read_bytes() == before


def test_a_bundle_without_held_out_scores_says_what_is_missing(copy: Path) -> None:
    rewrite_description(copy, read_description(copy).model_copy(update={"held_out": ()}))
    with pytest.raises(BundleError, match="holds no scores of held-out good images"):
        harness.threshold(copy)

import shutil
from pathlib import Path

import pytest

from harness.bundles.bundle import read_description
from harness.cli.fit import parse_rate, told_thresholds
from harness.errors import SettingsError
from tests.support.commands import Command, refused

SMALL = ("--method", "gaussian", "--backbone", "filter_bank", "--image-size", "32", "--device", "cpu")


def test_fit_and_threshold_tell_what_the_thresholds_promise(
    bench_command: Command, parts: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(parts, tmp_path / "parts")
    (copy / "good/bad one.png").write_bytes(b"no image")
    refused(bench_command("fit", str(copy), *SMALL), "bad one.png", "--skip-unreadable")
    done = bench_command("fit", str(copy), *SMALL, "--skip-unreadable", "--false-alarms", "10%")
    assert done.code == 0
    assert done.err.startswith("Left out: ")
    assert "bad one.png" in done.err
    assert "Kept: parts-gaussian (30 images fitted)\nThreshold for 10 % false alarms: score " in done.out
    assert "0 of 10 held-out good images above it: the true rate is between 0 and 31 % (95 % interval)." in done.out
    again = bench_command("threshold parts-gaussian --false-alarms 0.3")
    assert (again.code, "for 30 % false alarms" in again.out) == (0, True)
    assert read_description(tmp_path / "parts-gaussian").thresholds is not None
    refused(bench_command("threshold parts-gaussian --false-alarms 1%"), "needs 99 good images", "got 10")
    refused(bench_command("fit", str(copy), *SMALL, "--skip-unreadable"), "exists already", "--out")


def test_the_folder_here_names_its_bundle(
    bench_command: Command, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shutil.copytree(parts, tmp_path / "castings"))
    done = bench_command("fit . --method constant --image-size 32 --false-alarms 20%")
    assert (done.code, done.err) == (0, "")
    assert "Kept: castings-constant (" in done.out


def test_a_description_elsewhere_names_its_bundle_without_its_suffix(
    bench_command: Command, parts: Path, tmp_path: Path
) -> None:
    description = f'folder = "{parts}"\n' + (parts / "dataset.toml").read_text(encoding="utf-8")
    (tmp_path / "line 3.toml").write_text(description, encoding="utf-8")
    done = bench_command("fit", "line 3.toml", "--method", "constant", "--image-size", "32", "--false-alarms", "20%")
    assert (done.code, done.err) == (0, "")
    assert "Kept: line 3-constant (" in done.out


def test_a_method_without_a_backbone_of_its_own_cannot_leave_it_out(bench_command: Command, parts: Path) -> None:
    refused(
        bench_command("fit", str(parts), "--method", "constant", "--without-backbone", "--false-alarms", "20%"),
        "--without-backbone: constant has its networks in one piece",
    )


def test_a_folder_that_is_no_bundle_is_one_line(bench_command: Command, tmp_path: Path) -> None:
    refused(bench_command("threshold", str(tmp_path)), "no model.json here")


@pytest.mark.parametrize(("text", "rate"), [("2%", 0.02), ("0.02", 0.02), ("0.5%", 0.005), (" 3 %", 0.03)])
def test_a_rate_is_a_fraction_or_in_percent(text: str, rate: float) -> None:
    assert parse_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["2", "0", "100%", "-1%", "two", "", "%", "nan"])
def test_other_rates_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^--false-alarms: expected a share above 0 and below 1, e\.g\. 2% or"):
        parse_rate(text)


def test_a_rule_without_a_rate_is_named(bundle: Path) -> None:
    found = read_description(bundle).thresholds
    assert found is not None
    first, _ = told_thresholds(found.model_copy(update={"rule": "mean-3sd", "false_alarms": None}))
    assert first.startswith("Threshold for mean + 3 sd: score ")

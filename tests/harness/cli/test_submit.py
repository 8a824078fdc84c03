from pathlib import Path

import pytest

from harness.datasets.readers.mvtec_ad_2 import MVTecAD2
from tests.support import miniatures
from tests.support.commands import Command, refused

SMALL = ("--method", "constant", "--image-size", "32", "--device", "cpu")


@pytest.fixture(autouse=True)
def _two_small_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MVTecAD2, "private_counts", {"can": 2, "vial": 2})
    for name, size_px in (("can", (41, 57)), ("vial", (57, 35))):
        miniatures.mvtec_ad_2_scenario(tmp_path / "data", name, size_px)


def test_submit_fits_writes_checks_and_goes_on(bench_command: Command, tmp_path: Path) -> None:
    done = bench_command("submit mvtec_ad_2", *SMALL)
    folder = tmp_path / "mvtec_ad_2-constant-submission"
    assert (done.code, done.err) == (0, "")
    assert "Kept: mvtec_ad_2-constant-submission-models/mvtec_ad_2-vial (4 images fitted)" in done.out
    assert "mvtec_ad_2/can: 4/4 private images written" in done.out
    assert done.out.endswith(f"{folder.name}: maps and masks of 8 private images, 8 new; checked.\n")
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 16
    again = bench_command("submit mvtec_ad_2", *SMALL)
    assert (again.code, "Kept" in again.out) == (0, False)
    assert again.out.endswith("maps and masks of 8 private images, 0 new; checked.\n")


def test_check_names_each_fault_in_a_line_and_fails(bench_command: Command, tmp_path: Path) -> None:
    assert bench_command("submit mvtec_ad_2 --out mine", *SMALL).code == 0
    assert bench_command("submit mvtec_ad_2 --out mine --check").code == 0
    (tmp_path / "mine/anomaly_images/can/test_private/000_regular.tiff").unlink()
    miniatures.truncate(tmp_path / "mine/anomaly_images_thresholded/vial/test_private_mixed/001_mixed.png")
    found = bench_command("submit mvtec_ad_2 --out mine --check")
    assert (found.code, found.out) == (1, "")
    missing, damaged, told = found.err.splitlines()
    assert missing.endswith("can/test_private: expected 2 files, found 1; missing 000_regular.tiff")
    assert "vial/test_private_mixed/001_mixed.png: cannot be read as PNG (" in damaged
    assert told == "bench: 2 faults in mine: not to be uploaded."


def test_other_data_sets_and_wrong_settings_are_one_line(bench_command: Command) -> None:
    refused(bench_command("submit demo", *SMALL), "demo has no private test sets to submit")
    refused(bench_command("submit mvtec_ad_2", *SMALL, "--rule", "median"), "rule")
    refused(bench_command("submit mvtec_ad_2", *SMALL, "--rule", "order"), "needs 19 good images", "got 2")

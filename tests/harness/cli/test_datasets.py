import json
import shutil
from pathlib import Path

import pytest

from tests.support import miniatures, photographs
from tests.support.commands import Command, refused


@pytest.fixture
def bench(bench_command: Command) -> Command:
    return bench_command


@pytest.fixture
def castings(tmp_path: Path) -> Path:
    return miniatures.castings(tmp_path / "data")


def test_near_duplicates_on_two_sides_are_a_warning_and_no_fault(bench: Command, tmp_path: Path) -> None:
    photographs.mtd(tmp_path / "data")
    answer = bench("datasets verify mtd --json")
    (report,) = json.loads(answer.out)
    (twins,) = report["twins"]
    assert len(twins["groups"]) == 12
    assert twins["num_test_good_with_twin_in_train"] > 0
    assert report["images"][0]["modes"] == [["L", 50]]
    # Published counts are those of the whole data set.
    assert (answer.code, len(report["findings"])) == (1, 1 + 1)


def test_warns_in_words_and_names_the_split_that_helps(bench: Command, castings: Path) -> None:
    shutil.copy(castings / "back/train/0.png", castings / "back/ok/1.png")
    shutil.copy(castings / "back/train/2.png", castings / "back/train/3.png")
    answer = bench("datasets verify castings")
    assert answer.code == 0
    assert (
        "back: 2 groups of images that show the same thing (2 of equal files); 2 training images with a twin"
        in answer.out
    )
    assert "WARNING: back: 1 of 4 normal and 0 of 4 defect test images have a twin in training" in answer.out
    assert "equal files: train back/train/0.png | test back/ok/1.png" in answer.out
    mended = bench("datasets verify castings --split grouped")
    assert mended.code == 0
    assert "WARNING" not in mended.out
    assert "back: no test image has a twin in training." in mended.out
    assert "left out: back/train/0.png: near duplicate of the test image back/ok/1.png" in mended.out


def test_names_five_pairs_and_writes_all_groups_to_a_file(bench: Command, tmp_path: Path) -> None:
    photographs.mtd(tmp_path / "data")
    answer = bench("datasets verify mtd")
    named = [line for line in answer.out.splitlines() if line.startswith("twins, confidence ")]
    assert len(named) == 5
    assert all(line.count(".jpg") == 2 for line in named)
    (told,) = [line for line in answer.out.splitlines() if " more pairs and all groups: " in line]
    assert Path(told.rpartition(": ")[2]).read_text().count("\n") == 1 + 49


def test_a_damaged_file_is_a_fault_and_the_rest_is_still_told(bench: Command, castings: Path) -> None:
    miniatures.truncate(castings / "back/ok/2.png")
    answer = bench("datasets verify --all")
    assert answer.code == 1
    assert "WRONG: back/ok/2.png: cannot be read as an image" in answer.out
    assert "castings: 36 files read, 1 problem." in answer.out


def test_one_category_is_verified_alone(bench: Command, castings: Path) -> None:
    miniatures.truncate(castings / "back/ok/2.png")
    miniatures.write_image(castings / "stray/0.png", 1)
    assert "castings: 24 files read, sound." in bench("datasets verify castings/front").out
    assert bench("datasets verify castings/back").code == 1


def test_the_share_of_mask_pixels_that_the_threshold_decides_is_told(bench: Command, castings: Path) -> None:
    assert "grey values between" not in bench("datasets verify castings").out
    miniatures.write_mask(castings / "front/masks/dent/0_mask.png", value=200)
    out = bench("datasets verify castings").out
    assert (
        "front: 1 of 7 masks have grey values between 0 and 255: 120 pixels above the threshold of 127 "
        "(14.3% of all defect pixels), 0 pixels not." in out
    )


def test_sizes_and_modes_are_shown(bench: Command, castings: Path) -> None:
    miniatures.write_image(castings / "back/ok/2.png", 3, size_px=(50, 60))
    out = bench("datasets verify castings").out
    assert "40-50" in out
    assert "48-60" in out
    assert "RGB 12" in out


def test_lines_on_a_pipe_go_to_stderr_now_and_then(
    bench: Command, castings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench("datasets verify castings --json").err == ""
    monkeypatch.setattr("harness.cli.verify._SECONDS_BETWEEN_LINES", -1.0)
    told = bench("datasets verify castings --json").err.splitlines()
    assert told[-1] == "castings: 36 of 36 files read"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("verify castings --all", "--all and castings: expected one of the two."),
        ("verify castings/frnt", "Unknown category of castings 'frnt'. Did you mean 'front'?"),
        ("verify castings --split gruoped", "Unknown split 'gruoped'. Did you mean 'grouped'?"),
        ("verify castings --split kfold-3-4", "only folds 1 to 3 exist; got fold 4"),
        ("verify castings --split mine.csv", "Split mine.csv: no such file"),
        ("split castings --out mine.txt", "--out mine.txt: expected a name that ends in .csv"),
        (
            "split castings --split kfold-9-1 --out mine.csv",
            "9 folds need at least 9 groups of normal images",
        ),
        ("split castings --out none/mine.csv", "none/mine.csv: cannot be written"),
        ("split casting --out mine.csv", "Unknown data set 'casting'. Did you mean 'castings'?"),
    ],
)
def test_a_mistake_is_one_line(bench: Command, castings: Path, command: str, text: str) -> None:
    refused(bench(f"datasets {command}"), text)


def test_a_split_is_written_down_and_used(bench: Command, tmp_path: Path, castings: Path) -> None:
    shutil.copy(castings / "back/train/0.png", castings / "back/ok/1.png")
    written = bench("datasets split castings --split grouped --seed 1 --out mine.csv")
    assert written.code == 0, written.err
    assert "castings/back, split grouped-1.1, seed 1: 3 train, 8 test, 1 left out." in written.out
    assert "mine.csv: manifest-" in written.out
    lines = (tmp_path / "mine.csv").read_text().splitlines()
    assert lines[0] == "image,part"
    assert "back/train/0.png,left_out" in lines
    assert len(lines) == 1 + 12 + 16
    used = bench("datasets verify castings --split mine.csv")
    assert used.code == 0
    assert "left out: back/train/0.png: left out by mine.csv" in used.out


def test_a_split_that_was_written_down_is_not_written_over_by_accident(
    bench: Command, tmp_path: Path, castings: Path
) -> None:
    manifest = tmp_path / "mine.csv"
    manifest.write_text("my own lines\n")
    refused(bench("datasets split castings --out mine.csv"), "--out mine.csv: exists already; --force overwrites it.")
    assert manifest.read_text() == "my own lines\n"
    assert bench("datasets split castings --out mine.csv --force").code == 0
    assert manifest.read_text().startswith("image,part\n")


def test_the_list_says_who_made_each_split_and_shows_layouts_when_asked(bench: Command) -> None:
    plain, full = bench("datasets list").out, bench("datasets list --layout").out
    rows = {line.split("│")[1].strip(): line for line in plain.splitlines() if line.count("│") > 4}
    assert "literature" in rows["mtd"]
    assert "ours, fold-1, fold-2, fold-3" in rows["ksdd"]
    assert "authors" in rows["mvtec_ad"]
    assert "ksdd/kos01/Part0.jpg" not in plain
    assert "ksdd: ksdd/kos01/Part0.jpg to" in full

import json
from pathlib import Path

import pytest

from tests.support import unknown_folders
from tests.support.commands import Command, refused
from tests.support.miniatures import write_image

SMALL = "--methods gaussian --backbone filter_bank --image-size 32 --workers 0"


def test_an_unknown_folder_is_described_and_run(tmp_path: Path, bench_command: Command) -> None:
    unknown_folders.items(tmp_path / "parts")
    described = bench_command("datasets describe parts")
    assert (described.code, described.err) == (0, "")
    assert "parts: 48 image files, 24 of them masks. Guessed:" in described.out
    assert "guessed: parts: mixed: normal or defect as their masks say" in described.out
    assert described.out.endswith("Read it, then: bench run --datasets ./parts\n")
    ran = bench_command(f"run --datasets ./parts {SMALL}")
    assert ran.code == 0, ran.err
    assert "1 cell ok, 0 failed" in ran.out


def test_a_description_elsewhere_is_enough_to_run(tmp_path: Path, bench_command: Command) -> None:
    unknown_folders.good_and_bad(tmp_path / "parts")
    described = bench_command("datasets describe parts --out line-3.toml")
    assert described.code == 0
    assert described.out.endswith(f"Read it, then: bench run --datasets {tmp_path}/line-3.toml\n")
    assert not list((tmp_path / "parts").glob("*.toml"))
    ran = bench_command(f"run --datasets line-3.toml {SMALL}")
    assert ran.code == 0, ran.err
    assert "line-3/line-3 gaussian seed 0: image AUROC" in ran.out


def test_a_folder_of_good_parts_alone_is_described_and_a_run_has_nothing_to_judge(
    tmp_path: Path, bench_command: Command
) -> None:
    for number in range(5):
        write_image(tmp_path / f"screws/{number}.png", number)
    described = bench_command("datasets describe ./screws")
    assert described.code == 0, described.err
    assert "note: screws: good parts alone: 'bench fit' makes a detector of them" in described.out
    assert described.out.endswith("Read it, then: bench fit ./screws\n")
    refused(bench_command(f"run --datasets ./screws {SMALL}"), "screws/screws: no test image; normal and defect images")


def test_a_description_is_told_as_json(tmp_path: Path, bench_command: Command) -> None:
    unknown_folders.mvtec_like(tmp_path / "parts")
    told = json.loads(bench_command("datasets describe parts --json").out)
    assert (told["name"], told["path"]) == ("parts", str(tmp_path / "parts/dataset.toml"))
    assert [(category["name"], category["num_train"]) for category in told["categories"]] == [("gear", 6), ("valve", 6)]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("none", "bench: none: no such folder"),
        ("empty", "bench: empty: not recognised. Seen: no image"),
        ("parts --out parts.txt", "bench: --out parts.txt: expected a name that ends in .toml, such as parts.toml"),
        ("parts --out there.toml", "there.toml: exists already; --force overwrites it"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, bench_command: Command, arguments: str, text: str) -> None:
    unknown_folders.good_and_bad(tmp_path / "parts")
    (tmp_path / "empty").mkdir()
    (tmp_path / "there.toml").touch()
    refused(bench_command(f"datasets describe {arguments}"), text)

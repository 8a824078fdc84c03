import json
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.support import miniatures, unknown_folders
from tests.support.commands import Command, refused


def test_a_known_data_set_is_unpacked_and_sound(tmp_path: Path, bench_command: Command) -> None:
    shutil.make_archive("KolektorSDD", "gztar", miniatures.ksdd(tmp_path / "source"))
    answer = bench_command("datasets unpack KolektorSDD.tar.gz")
    assert (answer.code, answer.err) == (0, "")
    first, second = answer.out.splitlines()
    assert first.endswith(f": {tmp_path}/data/ksdd")
    assert second == f"This is ksdd. Next: bench datasets verify ksdd --data {tmp_path}/data"
    listed = {info["name"]: info["installed"] for info in json.loads(bench_command("datasets list --json").out)}
    assert listed["ksdd"]


def test_an_unknown_one_is_unpacked_and_can_be_described(tmp_path: Path, bench_command: Command) -> None:
    unknown_folders.good_and_bad(tmp_path / "source")
    shutil.make_archive("line-3", "zip", tmp_path / "source")
    answer = bench_command("datasets unpack line-3.zip --data elsewhere")
    assert answer.code == 0
    assert "No known data set. Seen: 14 images in 2 folders (NG parts, OK parts)." in answer.out
    assert answer.out.endswith(f"Next: bench datasets describe {tmp_path}/elsewhere/line-3\n")
    assert bench_command("datasets describe elsewhere/line-3").code == 0


def test_what_was_unpacked_is_told_as_json(tmp_path: Path, bench_command: Command) -> None:
    shutil.make_archive("tiles", "xztar", miniatures.mtd(tmp_path / "source"))
    told = json.loads(bench_command("datasets unpack tiles.tar.xz --json").out)
    assert (told["dataset"], told["folder"]) == ("mtd", str(tmp_path / "data/mtd"))


def test_a_hostile_archive_is_one_line_and_leaves_nothing(tmp_path: Path, bench_command: Command) -> None:
    with tarfile.open("hostile.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("../evil.png"))
    refused(bench_command("datasets unpack hostile.tar"), "hostile.tar: '../evil.png' leads out of the archive")
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("none.zip", "none.zip: no such file"),
        ("tiles.zip --max-gb 0.000001", "--max-gb raises the limit"),
        ("tiles.zip --max-files 3", "--max-files raises the limit"),
        ("tiles.zip --name a/b", "'a/b' cannot be the name of a data set"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, bench_command: Command, arguments: str, text: str) -> None:
    shutil.make_archive("tiles", "zip", miniatures.mtd(tmp_path / "source"))
    refused(bench_command(f"datasets unpack {arguments}"), text)

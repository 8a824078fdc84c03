import json
import shutil
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import cli
from tests.support import miniatures, unknown_folders

Bench = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bench:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))

    def typed(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bench", "datasets", *arguments])
        with pytest.raises(SystemExit, match=r"^\d+$") as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(str(ended.value)), captured.out, captured.err

    return typed


def test_a_known_data_set_is_unpacked_and_sound(tmp_path: Path, bench: Bench) -> None:
    miniatures.castings(tmp_path / "source")
    source = miniatures.ksdd(tmp_path / "source")
    shutil.make_archive("KolektorSDD", "gztar", source)
    code, out, err = bench("unpack", "KolektorSDD.tar.gz")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].endswith(f": {tmp_path}/data/ksdd")
    assert out.splitlines()[1] == f"This is ksdd. Next: bench datasets verify ksdd --data {tmp_path}/data"
    listed = {info["name"]: info["installed"] for info in json.loads(bench("list", "--json")[1])}
    assert listed["ksdd"]


def test_an_unknown_one_is_unpacked_and_can_be_described(tmp_path: Path, bench: Bench) -> None:
    unknown_folders.good_and_bad(tmp_path / "source")
    shutil.make_archive("line-3", "zip", tmp_path / "source")
    code, out, _ = bench("unpack", "line-3.zip", "--data", "elsewhere")
    assert code == 0
    assert "No known data set. Seen: 14 images in 2 folders (NG parts, OK parts)." in out
    assert out.endswith(f"Next: bench datasets describe {tmp_path}/elsewhere/line-3\n")
    assert bench("describe", "elsewhere/line-3")[0] == 0


def test_what_was_unpacked_is_told_as_json(tmp_path: Path, bench: Bench) -> None:
    shutil.make_archive("tiles", "xztar", miniatures.mtd(tmp_path / "source"))
    told = json.loads(bench("unpack", "tiles.tar.xz", "--json")[1])
    assert (told["dataset"], told["folder"]) == ("mtd", str(tmp_path / "data/mtd"))


def test_a_hostile_archive_is_one_line_and_leaves_nothing(tmp_path: Path, bench: Bench) -> None:
    with tarfile.open("hostile.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("../evil.png"))
    code, out, err = bench("unpack", "hostile.tar")
    assert (code, out) == (2, "")
    assert err.startswith("bench: hostile.tar: '../evil.png' leads out of the archive")
    assert err.count("\n") == 1
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("none.zip",), "none.zip: no such file"),
        (("tiles.zip", "--max-gb", "0.000001"), "--max-gb raises the limit"),
        (("tiles.zip", "--max-files", "3"), "--max-files raises the limit"),
        (("tiles.zip", "--name", "a/b"), "'a/b' cannot be the name of a data set"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, bench: Bench, arguments: tuple[str, ...], text: str) -> None:
    shutil.make_archive("tiles", "zip", miniatures.mtd(tmp_path / "source"))
    code, _, err = bench("unpack", *arguments)
    assert code == 2
    assert text in err
    assert err.count("\n") == 1

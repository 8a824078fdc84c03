import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import cli
from tests.support import unknown_folders

Bench = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bench:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")

    def typed(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        with pytest.raises(SystemExit, match=r"^\d+$") as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(str(ended.value)), captured.out, captured.err

    return typed


SMALL = ("--methods", "gaussian", "--backbone", "filter_bank", "--image-size", "32", "--workers", "0")


def test_an_unknown_folder_is_described_and_run(tmp_path: Path, bench: Bench) -> None:
    unknown_folders.items(tmp_path / "parts")
    code, out, err = bench("datasets", "describe", "parts")
    assert (code, err) == (0, "")
    assert "parts: 48 image files, 24 of them masks. Guessed:" in out
    assert "guessed: parts: mixed: normal or defect as their masks say" in out
    assert out.endswith("Read it, then: bench run --datasets ./parts\n")
    code, out, err = bench("run", "--datasets", "./parts", *SMALL)
    assert code == 0, err
    assert "1 cell ok, 0 failed" in out


def test_a_description_elsewhere_is_enough_to_run(tmp_path: Path, bench: Bench) -> None:
    unknown_folders.good_and_bad(tmp_path / "parts")
    code, out, _ = bench("datasets", "describe", "parts", "--out", "line-3.toml")
    assert code == 0
    assert out.endswith(f"Read it, then: bench run --datasets {tmp_path}/line-3.toml\n")
    assert not list((tmp_path / "parts").glob("*.toml"))
    code, out, err = bench("run", "--datasets", "line-3.toml", *SMALL)
    assert code == 0, err
    assert "line-3/line-3 gaussian seed 0: image AUROC" in out


def test_a_description_is_told_as_json(tmp_path: Path, bench: Bench) -> None:
    unknown_folders.mvtec_like(tmp_path / "parts")
    told = json.loads(bench("datasets", "describe", "parts", "--json")[1])
    assert (told["name"], told["path"]) == ("parts", str(tmp_path / "parts/dataset.toml"))
    assert [(category["name"], category["num_train"]) for category in told["categories"]] == [("gear", 6), ("valve", 6)]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("none",), "bench: none: no such folder"),
        (("empty",), "bench: empty: not recognised. Seen: no image"),
        (
            ("parts", "--out", "parts.txt"),
            "bench: --out parts.txt: expected a name that ends in .toml, such as parts.toml",
        ),
        (("parts", "--out", "there.toml"), "there.toml: exists already; --force overwrites it"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, bench: Bench, arguments: tuple[str, ...], text: str) -> None:
    unknown_folders.good_and_bad(tmp_path / "parts")
    (tmp_path / "empty").mkdir()
    (tmp_path / "there.toml").touch()
    code, out, err = bench("datasets", "describe", *arguments)
    assert (code, out) == (2, "")
    assert text in err
    assert err.count("\n") == 1

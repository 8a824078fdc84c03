import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

from harness import cli
from harness.synthetic import KINDS
from tests.support import miniatures


@pytest.fixture
def data(tmp_path: Path) -> Path:
    miniatures.castings(tmp_path)
    return tmp_path


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bench", "datasets", "synth", *arguments])
    with pytest.raises(SystemExit, match=r"^\d+$") as ended:
        cli.main()
    return int(str(ended.value))


def test_writes_a_picture_of_each_kind_for_each_category(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = data / "look"
    flags = ["--data", str(data), "--out", str(out), "--show", "1", "--image-size", "32"]
    assert call(monkeypatch, "castings", *flags) == 0
    assert capsys.readouterr().out.split() == [str(out / "front"), str(out / "back")]
    assert {path.stem for path in (out / "front").glob("*.png")} == set(KINDS)
    assert imread(out / "back" / "scratch.png").ndim == 3


def test_one_category_and_only_its_training_images(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for image in data.glob("castings/front/test/*/*.png"):
        # Who looks at a test image ends here.
        image.write_bytes(b"not an image")
    flags = ["--data", str(data), "--out", str(data / "look"), "--show", "1", "--image-size", "32", "--seed", "7"]
    assert call(monkeypatch, "castings/front", *flags) == 0
    assert [folder.name for folder in (data / "look").iterdir()] == ["front"]


def test_seeds_change_the_defects(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = []
    for seed in ("0", "0", "1"):
        flags = ["--data", str(data), "--out", str(data / "look"), "--show", "1", "--image-size", "32", "--seed", seed]
        call(monkeypatch, "castings/front", *flags)
        pictures.append(np.asarray(Image.open(data / "look" / "front" / "cut_paste.png")))
    first, again, other = pictures
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        (["castings/frnt"], "Unknown category of castings 'frnt'. Did you mean 'front'?"),
        (["castngs"], "Unknown data set 'castngs'. Did you mean 'castings'?"),
        (["castings", "--image-size", "33"], "protocol.image_size_px: expected a multiple of 32, got 33"),
    ],
)
def test_a_mistake_is_one_line(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    right: str,
) -> None:
    assert call(monkeypatch, *arguments, "--data", str(data), "--out", str(data / "look")) == 2
    assert right in capsys.readouterr().err

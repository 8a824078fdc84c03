from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

from harness.synthetic.kinds import KINDS
from tests.support import miniatures
from tests.support.commands import Command, refused

SMALL = "--out look --show 1 --image-size 32"


@pytest.fixture
def castings(tmp_path: Path) -> Path:
    return miniatures.castings(tmp_path / "data")


@pytest.mark.usefixtures("castings")
def test_writes_a_picture_of_each_kind_for_each_category(bench_command: Command) -> None:
    assert bench_command(f"datasets synth castings {SMALL}").out.split() == ["look/front", "look/back"]
    assert {path.stem for path in Path("look/front").glob("*.png")} == set(KINDS)
    assert imread("look/back/scratch.png").ndim == 3


def test_one_category_and_only_its_training_images(castings: Path, bench_command: Command) -> None:
    for image in castings.glob("front/test/*/*.png"):
        # Reading a test image would fail.
        image.write_bytes(b"not an image")
    assert bench_command(f"datasets synth castings/front {SMALL} --seed 7").code == 0
    assert [folder.name for folder in Path("look").iterdir()] == ["front"]


@pytest.mark.usefixtures("castings")
def test_seeds_change_the_defects(bench_command: Command) -> None:
    pictures = []
    for seed in (0, 0, 1):
        bench_command(f"datasets synth castings/front {SMALL} --seed {seed}")
        pictures.append(np.asarray(Image.open("look/front/cut_paste.png")))
    first, again, other = pictures
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


@pytest.mark.usefixtures("castings")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("castings/frnt", "Unknown category of castings 'frnt'. Did you mean 'front'?"),
        ("castngs", "Unknown data set 'castngs'. Did you mean 'castings'?"),
        ("castings --image-size 33", "protocol.image_size_px: expected a multiple of 32, got 33"),
    ],
)
def test_a_mistake_is_one_line(bench_command: Command, arguments: str, text: str) -> None:
    refused(bench_command(f"datasets synth {arguments} --out look"), text)

"""What every reader makes of broken data: one line that names the file, and no traceback."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.datasets import DATASETS, Dataset, Sample
from harness.datasets.finding import find
from harness.datasets.fingerprint import fingerprint
from harness.datasets.ground_truth import read_ground_truth
from harness.datasets.preflight import check_split
from harness.datasets.verification import verify
from harness.errors import DataError
from harness.images import read_rgb
from tests.support import miniatures

NAMES = [name for name in (*DATASETS.names(), "castings") if name != "demo"]
with_masks = pytest.mark.parametrize("broken", [name for name in NAMES if name != "vad"], indirect=True)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    for build in miniatures.BUILDERS.values():
        build(folder)
    return folder


@pytest.fixture(params=NAMES)
def broken(request: pytest.FixtureRequest, sound: Path, tmp_path: Path) -> "Broken":
    """A copy of a sound data set, for one test to break."""
    shutil.copytree(sound / request.param, tmp_path / request.param)
    return Broken(find(request.param, tmp_path), tmp_path)


class Broken:
    def __init__(self, dataset: Dataset, root: Path) -> None:
        self.dataset = dataset
        self.root = root
        self.category = dataset.categories(root)[0]
        split = dataset.split(root, self.category, 0)
        self.train = split.train
        self.test = split.test

    @property
    def defect(self) -> Sample:
        return next(sample for sample in self.test if len(sample.masks) == 1)

    @property
    def mask(self) -> Path:
        return self.defect.masks[0]

    def check(self) -> None:
        """What is looked at before the first cell starts."""
        check_split(self.dataset.split(self.root, self.category, 0), self.category)
        fingerprint(self.dataset, self.root, self.category)

    def findings(self) -> str:
        return "\n".join(f"{f.file}: {f.problem}" for f in verify(self.dataset, self.root).findings)


def one_line(look: Callable[[], object]) -> str:
    with pytest.raises(DataError, match=r"^.*$") as caught:
        look()
    return str(caught.value)


@with_masks
def test_a_missing_mask(broken: Broken) -> None:
    broken.mask.unlink()
    assert broken.defect.image.name in one_line(broken.check)
    assert "no mask" in broken.findings()


@with_masks
def test_a_mask_of_a_wrong_size(broken: Broken) -> None:
    miniatures.write_mask(broken.mask, size_px=(30, 30))
    line = one_line(broken.check)
    assert str(broken.mask) in line
    assert "30 x 30" in line
    assert "30 x 30" in broken.findings()


@with_masks
def test_a_truncated_mask(broken: Broken) -> None:
    content = broken.mask.read_bytes()
    broken.mask.write_bytes(content[: len(content) // 2])
    broken.check()
    assert str(broken.mask) in one_line(lambda: read_ground_truth(broken.defect, 127))
    assert f"{broken.mask.name}: cannot be read" in broken.findings()


@pytest.mark.parametrize("damage", [miniatures.truncate, lambda path: path.write_text("no image")])
def test_a_damaged_image(broken: Broken, damage: Callable[[Path], object]) -> None:
    image = broken.train[0].image
    damage(image)
    broken.check()
    assert str(image) in one_line(lambda: read_rgb(image))
    assert f"{image.name}: " in broken.findings()


def test_a_category_without_training_images(broken: Broken) -> None:
    images: tuple[Sample, ...] = broken.train
    for seed in range(20):  # a random split trains on others each time
        images += broken.dataset.split(broken.root, broken.category, seed).train
    for path in {sample.image for sample in images}:
        path.unlink()
    line = one_line(broken.check)
    assert "no training image" in line or "expected an image at" in line or "matches no image" in line


def test_a_link_to_itself_in_place_of_an_image(broken: Broken) -> None:
    image = broken.train[0].image
    image.unlink()
    image.symlink_to(image)
    assert image.name in one_line(broken.check)
    assert image.name in broken.findings()


def test_a_link_to_the_data_set_inside_it_changes_nothing(broken: Broken) -> None:
    before = broken.dataset.split(broken.root, broken.category, 0)
    (broken.dataset.folder(broken.root) / "again").symlink_to(broken.dataset.folder(broken.root))
    (broken.train[0].image.parent / "up").symlink_to(broken.dataset.folder(broken.root))
    assert broken.dataset.split(broken.root, broken.category, 0) == before
    broken.check()

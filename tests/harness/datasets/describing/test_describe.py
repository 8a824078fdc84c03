from collections.abc import Callable
from pathlib import Path

import pytest

from harness.datasets.catalog import find
from harness.datasets.describing import describe
from harness.datasets.preflight import check_split
from harness.datasets.verification import verify
from tests.support import unknown_folders

Builder = Callable[[Path], None]


def built(build: Builder, root: Path) -> Path:
    folder = root / "parts"
    folder.mkdir()
    build(folder)
    return folder


@pytest.mark.parametrize("build", unknown_folders.LAYOUTS, ids=lambda build: build.__name__)
def test_common_layouts_are_recognised_and_can_be_used(tmp_path: Path, build: Builder) -> None:
    folder = built(build, tmp_path)
    described = describe(folder)
    counts = {
        category.name: (category.num_train, category.num_test_good, category.num_test_defect, category.num_left_out)
        for category in described.categories
    }
    assert counts == unknown_folders.LAYOUTS[build]
    dataset = find(str(folder), tmp_path)
    assert dataset.categories(tmp_path) == tuple(counts)
    for category in counts:
        split = dataset.split(tmp_path, category, 0)
        check_split(split, category)
        defects = [sample for sample in split.test if sample.is_defect]
        has_masks = build not in unknown_folders.WITHOUT_MASKS
        assert all((sample.mask is not None) == has_masks for sample in defects)
    assert "# guessed: " in described.path.read_text(encoding="utf-8")
    problems = [finding.problem for finding in verify(dataset, tmp_path).findings]
    assert all("belong" in problem for problem in problems), problems

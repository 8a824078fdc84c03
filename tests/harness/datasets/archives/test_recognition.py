from collections.abc import Callable
from pathlib import Path

import pytest

from harness.datasets import DATASETS
from harness.datasets.archives.recognition import recognise
from tests.support import miniatures, unknown_folders


@pytest.mark.parametrize("name", [name for name in miniatures.BUILDERS if name in DATASETS.names()])
def test_every_published_layout_is_recognised_under_any_name(tmp_path: Path, name: str) -> None:
    folder = miniatures.BUILDERS[name](tmp_path).rename(tmp_path / "download")
    assert name in recognise(folder)


@pytest.mark.parametrize(
    "build",
    [unknown_folders.validation_part, unknown_folders.training_without_a_word, unknown_folders.defects_in_training],
)
def test_training_and_test_folders_alone_are_no_known_layout(tmp_path: Path, build: Callable[[Path], None]) -> None:
    build(tmp_path)
    assert recognise(tmp_path) == {}

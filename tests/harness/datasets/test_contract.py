from pathlib import Path

import pytest

from harness.datasets import DATASETS, Dataset
from harness.datasets.finding import find
from harness.testing import DatasetContract
from tests.support import miniatures

NAMES = (*DATASETS.names(), "castings")


@pytest.fixture(scope="module")
def miniatures_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for build in miniatures.BUILDERS.values():
        build(folder)
    return folder


class TestEveryDataset(DatasetContract):
    @pytest.fixture
    def root(self, miniatures_root: Path) -> Path:
        return miniatures_root

    @pytest.fixture(params=NAMES)
    def dataset(self, request: pytest.FixtureRequest, root: Path) -> Dataset:
        return find(request.param, root)

    def test_has_a_miniature_or_needs_none(self) -> None:
        assert set(NAMES) - set(miniatures.BUILDERS) == {"demo"}

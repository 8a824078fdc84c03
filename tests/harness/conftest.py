from pathlib import Path

import pytest

from tests.support.detectors import fit_bundle, write_parts


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of good parts; not to be changed."""
    return write_parts(tmp_path_factory.mktemp("parts") / "parts")


@pytest.fixture(scope="session")
def bundle(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a detector of these parts; not to be changed."""
    return fit_bundle(parts, tmp_path_factory.mktemp("bundle") / "parts")

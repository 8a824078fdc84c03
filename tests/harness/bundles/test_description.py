from pathlib import Path

import pytest
from pydantic import ValidationError

from harness.bundles import BundleDescription
from harness.bundles.bundle import read_description


def test_a_description_survives_its_file_unchanged(bundle: Path) -> None:
    description = read_description(bundle)
    assert BundleDescription.model_validate_json(description.model_dump_json()) == description


def test_a_description_is_frozen(bundle: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read_description(bundle).seed = 1  # type: ignore[misc]

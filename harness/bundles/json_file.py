"""Reading the JSON files that describe a detector, without trusting them."""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from harness.config.validation import one_line
from harness.errors import BundleError
from harness.limited_reading import read_limited

_MAX_BYTES = 8_000_000
"""Room for what was said of some 40,000 held-out images."""
Model = TypeVar("Model", bound=BaseModel)


def read_json_file(model: type[Model], file: Path, expected: str) -> Model:
    """Read a file that says which format it has.

    Args:
        model: Of its content; the default of ``format`` is the one that can be read.
        file: The file.
        expected: What its folder should have been.

    Raises:
        BundleError: There is none, or it is damaged or of another format.
    """
    try:
        content = json.loads(read_limited(file, _MAX_BYTES).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(f"{file.parent}: no {file.name} here; expected {expected}.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"{file}: cannot be read as JSON ({error}).") from None
    known = model.model_fields["format"].default
    found = content.get("format") if isinstance(content, dict) else None
    if found != known:
        raise BundleError(f"{file}: expected format {known}, got {found!r}; was it written by another version?")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise BundleError(f"{file}: {one_line(error)}") from error

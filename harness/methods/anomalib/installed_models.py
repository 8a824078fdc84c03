"""The models of the installed anomalib, found without importing it."""

import importlib.util
from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def anomalib_version() -> tuple[int, int] | None:
    """Major and minor version of the installed anomalib; None if it is not installed."""
    if importlib.util.find_spec("anomalib") is None:
        return None
    major, minor = version("anomalib").split(".")[:2]
    return int(major), int(minor)


@cache
def model_names() -> tuple[str, ...]:
    """The names of all image models, as ``anomalib.models.get_model`` takes them; empty without anomalib."""
    found = importlib.util.find_spec("anomalib")
    if found is None or found.origin is None:
        return ()
    packages = (Path(found.origin).parent / "models" / "image").glob("*/lightning_model.py")
    return tuple(sorted(package.parent.name for package in packages))

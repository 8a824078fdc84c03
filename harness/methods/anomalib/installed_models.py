"""The models of the installed anomalib, found without importing it."""

import importlib
import importlib.util
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from harness.errors import MissingExtraError, UnknownNameError
from harness.methods.anomalib.recipes import label_of


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


def check_model(name: str) -> None:
    """Refuse a model that the installed anomalib does not have.

    Raises:
        UnknownNameError: There is no such image model. Without anomalib every name passes here.
    """
    if anomalib_version() is not None and name not in model_names():
        raise UnknownNameError.of("model of anomalib", name, model_names())


def import_model(name: str) -> ModuleType:
    """Import anomalib and return the package of one model.

    Raises:
        MissingExtraError: anomalib is not installed.
    """
    if anomalib_version() is None:
        raise MissingExtraError.of(f"Method {label_of(name)!r}", "anomalib", "baselines")
    return importlib.import_module(f"anomalib.models.image.{name}")

"""Names of splits: what a user types, and what a result keeps of it."""

import re
from pathlib import Path

from harness.datasets.near_duplicates import groups
from harness.datasets.splits.manifest import manifest_sha256
from harness.errors import SettingsError, UnknownNameError

PUBLISHED = "published"
GROUPED = "grouped"
MANIFEST_SUFFIX = ".csv"
KNOWN = (PUBLISHED, GROUPED, "kfold-K-I", f"FILE{MANIFEST_SUFFIX}")

_ALGORITHM = 1
"""Raised when equal groups of twins would be dealt out otherwise."""
_FOLD = re.compile(r"kfold-(\d+)-(\d+)")


def check_split_name(name: str) -> None:
    """Refuse what no split is called. Of a manifest, only its being there is checked.

    Raises:
        UnknownNameError: No split has this name.
        SettingsError: A fold that is not there, or no such file.
    """
    if is_manifest(name):
        if not Path(name).is_file():
            raise SettingsError(f"Split {name}: there is no such file; 'bench datasets split' writes one.")
    elif name not in (PUBLISHED, GROUPED) and fold_of(name) is None:
        raise UnknownNameError.of("split", name, KNOWN)


def split_identity(name: str) -> str:
    """What a result keeps of a split's name: equal identities, data and seeds mean equal splits.

    ``published``, ``grouped-1.1``, ``kfold-5-2-1.1`` with the versions of dealing out and of finding
    twins, or ``manifest-`` and twelve digits of a hash of the manifest's rows.

    Raises:
        UnknownNameError: No split has this name.
        SettingsError: A fold that is not there, or a manifest that cannot be read.
    """
    check_split_name(name)
    if name == PUBLISHED:
        return name
    if is_manifest(name):
        return f"manifest-{manifest_sha256(Path(name))[:12]}"
    return f"{name}-{_ALGORITHM}.{groups.VERSION}"


def is_manifest(name: str) -> bool:
    """Whether a name is that of a file."""
    return name.lower().endswith(MANIFEST_SUFFIX)


def fold_of(name: str) -> tuple[int, int] | None:
    """``(number of folds, which one)``, the latter from 1; None if the name is not one of a fold.

    Raises:
        SettingsError: There are no so many folds.
    """
    matched = _FOLD.fullmatch(name)
    if matched is None:
        return None
    num_folds, fold = int(matched[1]), int(matched[2])
    if num_folds < 2 or not 1 <= fold <= num_folds:
        raise SettingsError(
            f"Split {name!r}: right would be kfold-K-I with K of 2 or more folds and I from 1 to K, e.g. kfold-5-1."
        )
    return num_folds, fold

"""Names of splits: what a user types, and what a result keeps of it."""

import re
from pathlib import Path

from harness.datasets import DATASETS
from harness.datasets.near_duplicates import groups
from harness.datasets.splits.manifest import manifest_sha256
from harness.errors import SettingsError, UnknownNameError
from harness.records import PUBLISHED_SPLIT

GROUPED = "grouped"
MANIFEST_SUFFIX = ".csv"
KNOWN = (PUBLISHED_SPLIT, GROUPED, "kfold-K-I", f"FILE{MANIFEST_SUFFIX}")

_ALGORITHM = 1
"""Raised when equal groups of twins would be divided otherwise."""
_FOLD = re.compile(r"kfold-([0-9]{1,9})-([0-9]{1,9})")


def check_split_name(name: str) -> None:
    """Refuse a name that no split has. A manifest must exist; its content is not checked.

    Raises:
        UnknownNameError: No split has this name.
        SettingsError: The fold or the manifest does not exist.
    """
    if is_manifest(name):
        if not Path(name).is_file():
            raise SettingsError(f"Split {name}: no such file; 'bench datasets split' writes one.")
    elif name not in (PUBLISHED_SPLIT, GROUPED) and fold_of(name) is None and name not in own_split_names():
        raise UnknownNameError.of("split", name, (*KNOWN, *own_split_names()))


def own_split_names() -> tuple[str, ...]:
    """Names of the splits that a single data set defines, such as ``fold-1`` of KolektorSDD."""
    return tuple(name for dataset in DATASETS.names() for name in DATASETS.get(dataset)().info.own_splits)


def split_identity(name: str) -> str:
    """What a record keeps of a split's name: equal identities, data and seeds mean equal splits.

    ``published`` and a data set's own splits keep their names. ``grouped-1.1`` and ``kfold-5-2-1.1`` carry the
    versions of the division and of the search for twins, and a manifest is ``manifest-`` with twelve digits of a
    hash of its rows.

    Raises:
        UnknownNameError: No split has this name.
        SettingsError: The fold does not exist, or the manifest cannot be read.

    >>> split_identity("published"), split_identity("kfold-5-2")
    ('published', 'kfold-5-2-1.1')
    """
    check_split_name(name)
    if name == PUBLISHED_SPLIT or name in own_split_names():
        return name
    if is_manifest(name):
        return f"manifest-{manifest_sha256(Path(name))[:12]}"
    return f"{name}-{_ALGORITHM}.{groups.VERSION}"


def is_manifest(name: str) -> bool:
    """Whether a name is that of a file."""
    return name.lower().endswith(MANIFEST_SUFFIX)


def fold_of(name: str) -> tuple[int, int] | None:
    """Number of folds and number of the fold, from 1, that a name asks for; None if it names no fold.

    Raises:
        SettingsError: Fewer than two folds, or a fold beyond them.

    >>> fold_of("kfold-5-2"), fold_of("grouped")
    ((5, 2), None)
    """
    matched = _FOLD.fullmatch(name)
    if matched is None:
        return None
    num_folds, fold = int(matched[1]), int(matched[2])
    if num_folds < 2:
        raise SettingsError(f"Split {name!r}: expected at least 2 folds, got {num_folds}.")
    if not 1 <= fold <= num_folds:
        raise SettingsError(f"Split {name!r}: only folds 1 to {num_folds} exist; got fold {fold}.")
    return num_folds, fold

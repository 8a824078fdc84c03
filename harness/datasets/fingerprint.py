"""One hash for the bytes of a category, so that a result names the data it came from."""

import hashlib
from pathlib import Path

from harness.datasets._base import Dataset
from harness.datasets.file_cache import file_facts
from harness.regimes import MULTI_CLASS, ONE_CLASS

SHA256 = "sha256"
"""Name of this fact in the file cache."""

_BLOCK_BYTES = 1 << 20


def fingerprint(dataset: Dataset, root: Path, category: str, regime: str = ONE_CLASS) -> str:
    """SHA-256, in hexadecimal, of what a category's results depend on.

    In the multi-class regime these are all categories of the data set, each of which is fitted on.

    Covers the data set's name and version, the category, and path and contents of each of its
    files; not where they lie. Each file is read once and its hash remembered until it changes: the
    first call costs about a second for 300 MB, later ones a few milliseconds for 1,000 files.

    Args:
        dataset: Any data set.
        root: The data root.
        category: One of its categories.
        regime: What the results are of.

    Raises:
        DataError: The data set is not there.
        UnknownNameError: No such category.
    """
    if regime == MULTI_CLASS:
        own = (fingerprint(dataset, root, each) for each in dataset.categories(root))
        return hashlib.sha256("\n".join([MULTI_CLASS, *own]).encode()).hexdigest()
    files = dataset.files(root, category)
    base = dataset.folder(root)
    # Only a description lies elsewhere.
    names = [path.relative_to(base).as_posix() if path.is_relative_to(base) else path.name for path in files]
    digest = hashlib.sha256(f"{dataset.info.name}\n{dataset.version}\n{category}\n".encode())
    for name, contents in sorted(zip(names, file_facts(SHA256, files, file_sha256), strict=True)):
        digest.update(f"{contents} {name}\n".encode())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()

"""One hash for the bytes of a category, so that a result names the data it came from."""

import hashlib
from pathlib import Path

from harness.datasets._base import Dataset
from harness.datasets.file_cache import file_facts

SHA256 = "sha256"
"""Name of this fact in the file cache."""

_BLOCK_BYTES = 1 << 20


def fingerprint(dataset: Dataset, root: Path, category: str) -> str:
    """SHA-256, in hexadecimal, of what a category's results depend on.

    Covers the data set's name and version, the category, and path and contents of each of its
    files; not where they lie. Each file is read once and its hash remembered until it changes: the
    first call costs about a second for 300 MB, later ones a few milliseconds for 1,000 files.

    Args:
        dataset: Any data set.
        root: The data root.
        category: One of its categories.

    Raises:
        DataError: The data set is not there.
        UnknownNameError: No such category.
    """
    files = dataset.files(root, category)
    base = dataset.folder(root)
    names = [path.relative_to(base).as_posix() for path in files]
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

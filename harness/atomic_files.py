"""Files and folders that appear at their place as a whole or not at all, with the permissions that the umask gives.

``tempfile`` makes files and folders that only their owner may read, and a rename keeps that: another user, such as a
service account, could not read what was written.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import SettingsError, StoreError

_UNFINISHED = ".tmp"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it there; a crash leaves the old file or the new one.

    Costs one fsync, so that a power cut after it loses nothing.

    Args:
        path: Missing parent folders are made.
        content: The whole file.

    Raises:
        OSError: The file cannot be written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "new" / "note.txt"
    >>> write_atomically(path, b"whole")
    >>> path.read_bytes()
    b'whole'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished_file(path) as temporary, temporary.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def write_result(path: Path, content: bytes) -> None:
    """``write_atomically`` for a file that a user asked for.

    Raises:
        StoreError: The file cannot be written.
    """
    try:
        write_atomically(path, content)
    except OSError as error:
        raise StoreError(f"Cannot write {path}: {error.strerror or error}.") from error


def check_place(path: Path) -> None:
    """Refuse a place where nothing can be written, before anything is; makes nothing.

    Args:
        path: Of a file or folder that need not exist, as it was asked for.

    Raises:
        SettingsError: What is there or above it is no folder, or may not be written to.
    """
    if path.is_symlink() and not path.exists():
        raise SettingsError(f"{path}: nothing can be written there, because it is a link that leads nowhere.")
    folder = next(place for place in (path.absolute(), *path.absolute().parents) if os.path.lexists(place))
    if folder == path.absolute() and not folder.is_dir():
        folder = folder.parent
    if not folder.is_dir():
        raise SettingsError(f"{path}: nothing can be written there, because {folder} is no folder.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"{path}: nothing can be written there, because {folder} may not be written to.")


@contextmanager
def unfinished_file(path: Path) -> Iterator[Path]:
    """A name beside ``path`` for a file that takes its place at the end; an exception removes it instead.

    Raises:
        OSError: The file cannot be renamed.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_UNFINISHED}")
    try:
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105 (Path.replace is this call; tests cut it here)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path) -> None:
    """Remove the files that killed processes left unfinished, at any depth; nothing else may be writing there."""
    for path in folder.rglob(f".*{_UNFINISHED}"):
        path.unlink()


@contextmanager
def unfinished_folder(base: Path, prefix: str) -> Iterator[Path]:
    """A new folder in ``base`` that the caller renames when it is complete; otherwise it is removed at the end.

    Args:
        base: It and missing folders above it are made.
        prefix: Beginning of the name, e.g. ``".making-"``.

    Raises:
        OSError: The folder cannot be made.
    """
    folder = base / f"{prefix}{secrets.token_hex(8)}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

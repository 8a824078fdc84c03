"""The folder of a result store: small files, each of which exists as a whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from harness.atomic_files import write_atomically
from harness.environment import without_credentials
from harness.errors import StoreError

_OBJECT_STORES = ("s3", "gs", "gcs")


class Stamp(NamedTuple):
    """What a listing says of a file; differs once the file's contents do."""

    modified_ns: int
    """By the clock of the file system or object store, which is the same for every writer."""
    size_bytes: int
    inode: int = 0


class Folder(Protocol):
    """A tree of small files. Names are relative, with ``/`` between folder and file."""

    url: str
    """Absolute: means the same folder in a worker process with another working directory."""
    title: str
    """For messages; an address may carry credentials, this does not."""

    def stamps(self, folder: str) -> dict[str, Stamp]:
        """Files directly in ``folder``, sorted by name.

        A file that was put before the call is listed, and one that was deleted before it is not.
        """

    def get(self, name: str) -> bytes:
        """Contents of a file.

        Raises:
            FileNotFoundError: There is no such file.
            OSError: It is there but cannot be read.
        """

    def open(self, name: str) -> Any:
        """A file to read parts of, as a ``pyarrow.NativeFile``.

        Raises:
            FileNotFoundError: There is no such file.
            OSError: It is there but cannot be read.
        """

    def put(self, name: str, content: bytes) -> None:
        """Create or replace a file: a reader sees the old or the new contents, never a part.

        Raises:
            OSError: The file cannot be written; an older one of this name is unchanged.
        """

    def delete(self, name: str) -> None:
        """Remove a file if it is there."""


class LocalFolder:
    """A folder of a mounted file system."""

    def __init__(self, path: Path) -> None:
        """``path`` need not exist; the first ``put`` makes it."""
        self._root = path.expanduser().absolute()
        self.url = self.title = str(self._root)

    def stamps(self, folder: str) -> dict[str, Stamp]:
        """See ``Folder.stamps``."""
        stamps: dict[str, Stamp] = {}
        with suppress(FileNotFoundError):
            for entry in sorted(os.scandir(self._root / folder), key=lambda entry: entry.name):
                with suppress(FileNotFoundError):  # a temporary file of a writer may be gone by now
                    status = entry.stat()
                    stamps[entry.name] = Stamp(status.st_mtime_ns, status.st_size, status.st_ino)
        return stamps

    def get(self, name: str) -> bytes:
        """See ``Folder.get``."""
        return (self._root / name).read_bytes()

    def open(self, name: str) -> Any:
        """See ``Folder.open``."""
        import pyarrow as pa

        return pa.OSFile(str(self._root / name))

    def put(self, name: str, content: bytes) -> None:
        """See ``Folder.put``; costs one fsync."""
        write_atomically(self._root / name, content)

    def delete(self, name: str) -> None:
        """See ``Folder.delete``."""
        (self._root / name).unlink(missing_ok=True)


class ObjectFolder:
    """A prefix in an object store, whose uploads appear only when they are complete."""

    def __init__(self, filesystem: Any, path: str, url: str) -> None:
        """Args:
        filesystem: A ``pyarrow.fs.FileSystem``.
        path: The prefix inside it.
        url: The address that the two came from.
        """
        self._filesystem = filesystem
        self._root = path.rstrip("/")
        self.url = url
        self.title = f"{url.partition('://')[0]}://{self._root}"

    def stamps(self, folder: str) -> dict[str, Stamp]:
        """See ``Folder.stamps``."""
        from pyarrow import fs

        selector = fs.FileSelector(f"{self._root}/{folder}", allow_not_found=True)
        files = self._filesystem.get_file_info(selector)
        found = sorted((info.base_name, info) for info in files if info.type == fs.FileType.File)
        return {name: Stamp(info.mtime_ns, info.size) for name, info in found}

    def get(self, name: str) -> bytes:
        """See ``Folder.get``."""
        with self._filesystem.open_input_stream(f"{self._root}/{name}") as stream:
            return bytes(stream.read())

    def open(self, name: str) -> Any:
        """See ``Folder.open``."""
        return self._filesystem.open_input_file(f"{self._root}/{name}")

    def put(self, name: str, content: bytes) -> None:
        """See ``Folder.put``."""
        with self._filesystem.open_output_stream(f"{self._root}/{name}") as stream:
            stream.write(content)

    def delete(self, name: str) -> None:
        """See ``Folder.delete``."""
        with suppress(FileNotFoundError):
            self._filesystem.delete_file(f"{self._root}/{name}")


def open_folder(url: str) -> Folder:
    """The folder at a path or an address.

    Args:
        url: A path, ``s3://bucket/prefix`` or ``gs://bucket/prefix``. Credentials,
            region and endpoint come from the environment or the address's query, as pyarrow documents.

    Raises:
        StoreError: The scheme is not one of these, or the address cannot be opened.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        return LocalFolder(Path(url))
    if scheme not in _OBJECT_STORES:
        raise StoreError(
            f"Cannot store results at {without_credentials(url)!r}: expected a path, s3://bucket/prefix or "
            "gs://bucket/prefix."
        )
    import pyarrow as pa
    from pyarrow import fs

    # Small files in one request each; otherwise pyarrow takes three, and a killed writer leaves a begun upload.
    query = f"{'&' if '?' in url else '?'}allow_delayed_open=true" if scheme == "s3" else ""
    try:
        filesystem, path = fs.FileSystem.from_uri(url + query)
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = without_credentials(str(error).splitlines()[0])
        raise StoreError(f"Cannot open the result store {without_credentials(url)}: {reason}") from error
    if not path.strip("/"):
        raise StoreError(
            f"Cannot store results at {without_credentials(url)!r}: it names no bucket; expected "
            f"{scheme}://bucket/prefix."
        )
    return ObjectFolder(filesystem, path, url)

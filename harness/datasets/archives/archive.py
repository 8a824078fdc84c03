"""Unpacking archives from anywhere: nothing outside the target, no links, no more than was allowed.

Tar goes through the standard library's ``data`` filter (PEP 706) as well as through the rules here,
which are stricter: no link is ever made on disk, so none can be written through. A link to a file of
the archive becomes a copy of it.
"""

import bz2
import gzip
import lzma
import posixpath
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from harness.datasets.archives.writer import Limits, MemberWriter, Report
from harness.errors import DataError

_BLOCK_BYTES = 1 << 20
_TAR_BLOCK_BYTES = 512
_MAX_PIECE_BYTES = 2 << 20
"""Contents are read in smaller pieces, and a header that is not read at once is none of a data set."""
_MAX_BYTES_AROUND_A_FILE = 8192
"""Headers and padding of a file of a tar, and of what macOS adds to it."""
_MAX_LINKS_IN_A_ROW = 8
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, gzip.BadGzipFile)
_OF_COMPRESSED: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}


@dataclass(frozen=True)
class Extracted:
    """What was written."""

    num_files: int
    num_bytes: int


def extract(archive: Path, target: Path, limits: Limits, report: Report = lambda files, size: None) -> Extracted:
    """Unpack a zip, tar, tar.gz, tar.bz2 or tar.xz, recognised by content and not by name.

    A zip's list is checked as a whole before anything is written; a tar, which has none, file by file,
    each before it is written. What was written before an error stays: pass a scratch folder.

    Args:
        archive: The file.
        target: An empty folder.
        limits: What is too much.
        report: Told about progress.

    Raises:
        DataError: The archive is damaged, encrypted, of another kind, larger than allowed or than the
            disk, or has a member that is no plain file or folder below the target; names the member.
    """
    with _damage_named(archive):
        writer = MemberWriter(archive, target, limits, report)
        if not archive.is_file():
            raise DataError(f"{archive}: no such file; an archive was expected here.")
        if zipfile.is_zipfile(archive):
            _extract_zip(archive, writer)
        else:
            _extract_tar(archive, writer, limits)
        if not writer.num_files:
            raise DataError(f"{archive}: holds no file; expected an archive of images.")
        return Extracted(writer.num_files, writer.num_bytes)


def _extract_zip(archive: Path, writer: MemberWriter) -> None:
    with zipfile.ZipFile(archive) as content:
        members: list[tuple[str, zipfile.ZipInfo]] = []
        for info in content.infolist():
            name = writer.name_of(info.filename)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind == stat.S_IFLNK:
                raise writer.refusal(info.filename, "is a link; a zip of images needs none")
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise writer.refusal(info.filename, "is a device or a pipe")
            if info.flag_bits & 0x1:
                raise writer.refusal(info.filename, "is encrypted; unpack it yourself, with its password")
            if name is not None:
                members.append((name, info))
        writer.check_total(len(members), sum(info.file_size for _, info in members))
        seen: set[str] = set()
        for name, info in members:
            if name in seen and not info.is_dir():
                raise writer.refusal(name, "is in the archive twice")
            seen.add(name)
        for name, info in members:
            if info.is_dir():
                writer.folder(name)
                continue
            with content.open(info) as file:
                writer.file(name, info.file_size, file)


def _extract_tar(archive: Path, writer: MemberWriter, limits: Limits) -> None:
    links: list[tuple[str, str]] = []
    max_bytes = limits.max_bytes + _MAX_BYTES_AROUND_A_FILE * limits.max_files
    with _opened_tar(archive, lambda source: _TarStream(source, max_bytes, writer.too_large)) as content:
        for member in content:
            if member.size < 0:
                raise writer.refusal(member.name, "has a negative size")
            name = writer.name_of(member.name)
            if name is None:
                continue
            if member.isdir():
                writer.folder(name)
            elif member.isreg():
                # Refuses by rules of its own, should ours have missed something.
                tarfile.data_filter(member, str(writer.target))
                file = content.extractfile(member)
                assert file is not None
                with file:
                    writer.file(name, member.size, file)
            elif member.issym() or member.islnk():
                links.append((name, _link_target(writer, name, member)))
            else:
                raise writer.refusal(member.name, "is a device or a pipe")
    _write_links(writer, links)


def _link_target(writer: MemberWriter, name: str, member: tarfile.TarInfo) -> str:
    """Where a link leads, as a path below the target, without following anything on disk."""
    target = member.linkname
    if member.issym() and not target.startswith("/"):
        target = posixpath.join(posixpath.dirname(name), target)
    normal = posixpath.normpath(target)
    if normal.startswith(("/", "../")) or normal == ".." or "\0" in normal:
        raise writer.refusal(name, f"is a link to {member.linkname!r}, outside the archive")
    return normal


def _write_links(writer: MemberWriter, links: list[tuple[str, str]]) -> None:
    leads_to = dict(links)
    for name, target in links:
        source = target
        for _ in range(_MAX_LINKS_IN_A_ROW):
            source = leads_to.get(source, source)
        if not writer.has_file(source) or source in leads_to:
            raise writer.refusal(name, f"is a link to {target!r}, which is no file of the archive")
        writer.copy(name, source)


class _TarStream:
    """The bytes of a tar: no more in one piece and in all than is allowed.

    ``tarfile`` reads a header of any length at once and passes over a file of any length, and a few compressed
    megabytes can be a terabyte of either.
    """

    def __init__(self, source: IO[bytes], max_bytes: int, too_large: Callable[[], DataError]) -> None:
        self._source, self._max_bytes, self._too_large = source, max_bytes, too_large
        self.last = b""
        """What was read last."""

    def read(self, size: int) -> bytes:
        if size > _MAX_PIECE_BYTES:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self.last = self._source.read(size)
        self.seek(self._source.tell())
        return self.last

    def seek(self, position: int) -> int:
        if position > self._max_bytes:
            raise self._too_large()
        return position if position == self._source.tell() else self._source.seek(position)

    def tell(self) -> int:
        return self._source.tell()


@contextmanager
def _opened_tar(archive: Path, limited: Callable[[IO[bytes]], _TarStream]) -> Iterator[tarfile.TarFile]:
    with archive.open("rb") as file:
        beginning = file.read(6)
    how = next((how for magic, how in _OF_COMPRESSED.items() if beginning.startswith(magic)), open)
    with how(archive, "rb") as source:
        stream = limited(source)
        with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:") as content:
            yield content
        # tarfile also ends without an error where the next header is damaged.
        if stream.last != bytes(_TAR_BLOCK_BYTES):
            raise tarfile.ReadError("no end mark")
        # To the end, where a compressed file has its checksum.
        while stream.read(_BLOCK_BYTES):
            pass


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    """One line for everything that a damaged or unsupported archive makes the standard library raise."""
    try:
        yield
    except DataError:
        raise
    except tarfile.FilterError as error:
        raise DataError(f"{archive}: {error}; nothing was unpacked.") from error
    # The modules meet damage with many errors: of the tar's own, of text and numbers, of headers within headers.
    except (*_DAMAGE, EOFError, ValueError, LookupError, RecursionError, struct.error) as error:
        is_nested = isinstance(error, RecursionError)
        reason = "headers within headers" if is_nested else " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{archive}: damaged, incomplete, or neither zip nor tar ({reason}); nothing was unpacked."
        ) from error
    except MemoryError as error:
        raise DataError(f"{archive}: needs more memory than there is; nothing was unpacked.") from error
    except NotImplementedError as error:
        raise DataError(f"{archive}: {error}; unpack it with another program. Nothing was unpacked.") from error
    except OSError as error:
        raise DataError(f"{archive}: cannot be unpacked ({error.strerror or error}); nothing was unpacked.") from error

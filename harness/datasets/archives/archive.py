"""Unpacking archives from anywhere: nothing outside the target, no links, no more than was allowed.

Tar goes through the standard library's ``data`` filter (PEP 706) as well as through the rules here,
which are stricter: no link is ever made on disk, so none can be written through. A link to a file of
the archive becomes a copy of it.
"""

import bz2
import gzip
import lzma
import posixpath
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from harness.errors import DataError

_BLOCK_BYTES = 1 << 20
_FREE_DISK_LEFT_BYTES = 256 << 20
_TAR_BLOCK_BYTES = 512
_DRIVE = re.compile(r"^[A-Za-z]:")
_LEFT_BY_MACOS = "__MACOSX"
_MAX_LINKS_IN_A_ROW = 8
_OF_COMPRESSED: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}

Report = Callable[[int, int], None]
"""Called after each file with the number of files and of bytes written so far."""


@dataclass(frozen=True)
class Limits:
    """What an archive may become."""

    max_bytes: int
    """Of all files together, once written."""
    max_files: int
    """Files and folders."""


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
        writer = _Writer(archive, target, limits, report)
        if not archive.is_file():
            raise DataError(f"{archive}: no such file; an archive was expected here.")
        if zipfile.is_zipfile(archive):
            _extract_zip(archive, writer)
        else:
            _extract_tar(archive, writer)
        return Extracted(writer.num_files, writer.num_bytes)


class _Writer:
    """Writes members below one folder and counts what they cost."""

    def __init__(self, archive: Path, target: Path, limits: Limits, report: Report) -> None:
        self.num_files = 0
        self.num_bytes = 0
        self._archive = archive
        self.target = target
        self._limits = limits
        self._report = report
        self._free_bytes = shutil.disk_usage(target).free - _FREE_DISK_LEFT_BYTES
        self._files: set[str] = set()
        self._folders: set[str] = {""}

    def refusal(self, member: str, problem: str) -> DataError:
        """An error about one member; control characters in its name are not sent to a terminal."""
        return DataError(f"{self._archive}: {member!r} {problem}; nothing was unpacked.")

    def name_of(self, member: str) -> str | None:
        """The checked path of a member below the target; None if it is to be skipped."""
        if not member or "\0" in member or not member.isprintable():
            raise self.refusal(member, "has a name that is empty or has control characters")
        if member.startswith("/") or _DRIVE.match(member):
            raise self.refusal(member, "has an absolute path; expected a path inside the archive")
        if "\\" in member:
            raise self.refusal(member, "has a backslash in its name; expected forward slashes")
        parts = [part for part in member.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise self.refusal(member, "leads out of the archive with '..'")
        if not parts or parts[0] == _LEFT_BY_MACOS or parts[-1].startswith("._") or parts[-1] == ".DS_Store":
            return None
        return "/".join(parts)

    def check_total(self, num_files: int, num_bytes: int) -> None:
        """Refuse what would be too much."""
        if num_files > self._limits.max_files:
            raise DataError(
                f"{self._archive}: has more than {self._limits.max_files:,} files and folders; --max-files raises the "
                "limit. Nothing was unpacked."
            )
        if num_bytes > self._limits.max_bytes:
            raise DataError(
                f"{self._archive}: unpacks to more than {self._limits.max_bytes / 1e9:g} GB; --max-gb raises the "
                "limit. Nothing was unpacked."
            )
        if num_bytes > self._free_bytes:
            free_gb = max(self._free_bytes, 0) / 1e9
            raise DataError(
                f"{self._archive}: unpacks to {num_bytes / 1e9:.1f} GB or more, and {free_gb:.1f} "
                f"GB of disk are free at {self.target.parent}; --data DIR chooses another disk. Nothing was unpacked."
            )

    def folder(self, name: str) -> None:
        """Make a folder and those above it."""
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            above = "/".join(parts[:depth])
            if above in self._folders:
                continue
            if above in self._files:
                raise self.refusal(name, f"needs a folder {above!r}, which is a file of the archive")
            self.num_files += 1
            self.check_total(self.num_files, self.num_bytes)
            (self.target / above).mkdir()
            self._folders.add(above)

    def file(self, name: str, size: int, content: IO[bytes]) -> None:
        """Write one file of a size that is known before."""
        self._claim(name, size)
        written = 0
        with (self.target / name).open("xb") as file:
            while block := content.read(min(_BLOCK_BYTES, size - written + 1)):
                written += len(block)
                if written > size:
                    raise self.refusal(name, f"has more than the {size} bytes that the archive says")
                file.write(block)
        if written != size:
            raise self.refusal(name, f"ends after {written} of {size} bytes; is the archive complete?")
        self._report(self.num_files, self.num_bytes)

    def copy(self, name: str, source: str) -> None:
        """Write a link to an earlier file as a copy of it."""
        self._claim(name, (self.target / source).stat().st_size)
        shutil.copyfile(self.target / source, self.target / name)
        self._report(self.num_files, self.num_bytes)

    def has_file(self, name: str) -> bool:
        """Whether a member of this name was written as a file."""
        return name in self._files

    def _claim(self, name: str, size: int) -> None:
        if name in self._files or name in self._folders:
            raise self.refusal(name, "is in the archive twice")
        if "/" in name:
            self.folder(name.rpartition("/")[0])
        self.check_total(self.num_files + 1, self.num_bytes + size)
        self.num_files += 1
        self.num_bytes += size
        self._files.add(name)


def _extract_zip(archive: Path, writer: _Writer) -> None:
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


def _extract_tar(archive: Path, writer: _Writer) -> None:
    links: list[tuple[str, str]] = []
    with _opened_tar(archive) as content:
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


def _link_target(writer: _Writer, name: str, member: tarfile.TarInfo) -> str:
    """Where a link leads, as a path below the target, without following anything on disk."""
    target = member.linkname
    if member.issym() and not target.startswith("/"):
        target = posixpath.join(posixpath.dirname(name), target)
    normal = posixpath.normpath(target)
    if normal.startswith(("/", "../")) or normal == ".." or "\0" in normal:
        raise writer.refusal(name, f"is a link to {member.linkname!r}, outside the archive")
    return normal


def _write_links(writer: _Writer, links: list[tuple[str, str]]) -> None:
    leads_to = dict(links)
    for name, target in links:
        source = target
        for _ in range(_MAX_LINKS_IN_A_ROW):
            source = leads_to.get(source, source)
        if not writer.has_file(source) or source in leads_to:
            raise writer.refusal(name, f"is a link to {target!r}, which is no file of the archive")
        writer.copy(name, source)


@contextmanager
def _opened_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    with archive.open("rb") as file:
        beginning = file.read(6)
    open_compressed = next((how for magic, how in _OF_COMPRESSED.items() if beginning.startswith(magic)), None)
    if open_compressed is not None:
        with open_compressed(archive, "rb") as stream, tarfile.open(fileobj=stream, mode="r:") as content:
            yield content
            # To the end, where a checksum and the sign of completeness are.
            while stream.read(_BLOCK_BYTES):
                pass
        return
    with archive.open("rb") as stream, tarfile.open(fileobj=stream, mode="r:") as content:
        yield content
        stream.seek(content.offset)
        if len(stream.read(_TAR_BLOCK_BYTES)) < _TAR_BLOCK_BYTES:
            raise tarfile.ReadError("no end mark")


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    """One line for everything that a damaged or unsupported archive makes the standard library raise."""
    try:
        yield
    except DataError:
        raise
    except tarfile.FilterError as error:
        raise DataError(f"{archive}: {error}; nothing was unpacked.") from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, gzip.BadGzipFile) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{archive}: damaged, incomplete, or neither zip nor tar ({reason}); nothing was unpacked."
        ) from error
    except NotImplementedError as error:
        raise DataError(f"{archive}: {error}; unpack it with another program. Nothing was unpacked.") from error
    except OSError as error:
        raise DataError(f"{archive}: cannot be unpacked ({error.strerror or error}); nothing was unpacked.") from error

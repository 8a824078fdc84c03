"""Writing the members of an archive below one folder, each checked before it is written."""

import os
import re
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.errors import DataError

_BLOCK_BYTES = 1 << 20
_MIN_FREE_DISK_BYTES = 256 << 20
_DRIVE = re.compile(r"^[A-Za-z]:")
_LEFT_BY_MACOS = "__MACOSX"
_MAX_NAME_BYTES, _MAX_PART_BYTES = 4096, 255
"""Of a path and of a name in it, as Linux has them."""

Report = Callable[[int, int], None]
"""Called after each file with the number of files and of bytes written so far."""


@dataclass(frozen=True)
class Limits:
    """What an archive may become."""

    max_bytes: int
    """Of all files together, once written."""
    max_files: int
    """Files and folders."""


class MemberWriter:
    """Writes members below one folder and counts what they cost."""

    def __init__(self, archive: Path, target: Path, limits: Limits, report: Report) -> None:
        self.num_files = 0
        self.num_bytes = 0
        self._archive = archive
        self.target = target
        self._limits = limits
        self._report = report
        self._free_bytes = shutil.disk_usage(target).free - _MIN_FREE_DISK_BYTES
        self._files: set[str] = set()
        self._folders: set[str] = {""}
        self._spelled: dict[str, str] = {}

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
        longest = max((len(os.fsencode(part)) for part in parts), default=0)
        if longest > _MAX_PART_BYTES or len(os.fsencode(member)) > _MAX_NAME_BYTES:
            raise self.refusal(member, f"has a name of more than {_MAX_PART_BYTES} bytes, or of 4096 with its folders")
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
            raise self.too_large()
        if num_bytes > self._free_bytes:
            free_gb = max(self._free_bytes, 0) / 1e9
            raise DataError(
                f"{self._archive}: unpacks to {num_bytes / 1e9:.1f} GB or more, and {free_gb:.1f} "
                f"GB of disk are free at {self.target.parent}; --data DIR chooses another disk. Nothing was unpacked."
            )

    def too_large(self) -> DataError:
        """An error about the limit on bytes."""
        return DataError(
            f"{self._archive}: unpacks to more than {self._limits.max_bytes / 1e9:g} GB; --max-gb raises the limit. "
            "Nothing was unpacked."
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
            self._check_spelling(above)
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
        self._check_spelling(name)
        self.check_total(self.num_files + 1, self.num_bytes + size)
        self.num_files += 1
        self.num_bytes += size
        self._files.add(name)

    def _check_spelling(self, name: str) -> None:
        """Refuse two names that are one file on macOS or Windows: there one would take the place of the other."""
        other = self._spelled.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            raise self.refusal(name, f"and {other!r} differ only in case or accents, and are one file on other systems")

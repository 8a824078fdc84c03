"""A lazy table of plug-ins: names are known at once, code is imported when a name is used."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Generic, TypeVar, cast

from harness.errors import UnknownNameError

T = TypeVar("T")

_IMPORTABLE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


class Registry(Generic[T]):
    """Maps a name to an object given as ``"package.module:attribute"``.

    A name that itself has the form ``package.module:attribute`` is imported as it stands, so a
    plug-in of the user's own needs no entry here.
    """

    def __init__(self, kind: str, entries: Mapping[str, str]) -> None:
        """Args:
        kind: What the table holds, in the words of an error message, e.g. ``"method"``.
        entries: Name to ``"package.module:attribute"``.
        """
        self.kind = kind
        self._entries = dict(entries)

    def names(self) -> tuple[str, ...]:
        """Every registered name, in the order of registration."""
        return tuple(self._entries)

    def check(self, name: str) -> None:
        """Refuse an unknown name without importing anything.

        Raises:
            UnknownNameError: No entry has this name and it is not ``package.module:attribute``.
        """
        if name not in self._entries and not _IMPORTABLE.fullmatch(name):
            raise UnknownNameError.of(self.kind, name, self._entries)

    def get(self, name: str) -> T:
        """Import and return the object of this name.

        Raises:
            UnknownNameError: No such entry, or a ``package.module:attribute`` that does not exist.
        """
        self.check(name)
        module_name, _, attribute = self._entries.get(name, name).partition(":")
        try:
            return cast(T, getattr(import_module(module_name), attribute))
        except (ModuleNotFoundError, AttributeError) as error:
            if name in self._entries:
                raise
            raise UnknownNameError(
                f"Unknown {self.kind} {name!r}: {error}. "
                "Right would be 'package.module:attribute' of an importable module."
            ) from error

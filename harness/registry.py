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
    plug-in of the user's own needs no entry here. ``FAMILY:member`` is made by the family's function.
    """

    def __init__(self, kind: str, entries: Mapping[str, str], families: Mapping[str, str] | None = None) -> None:
        """Args:
        kind: What the table holds, in the words of an error message, e.g. ``"method"``.
        entries: Name to ``"package.module:attribute"``, or to ``"FAMILY:member"``.
        families: Family to the ``"package.module:function"`` that makes an object of a member's name.
        """
        self.kind = kind
        self._entries = dict(entries)
        self._families = dict(families or {})

    def names(self) -> tuple[str, ...]:
        """Every registered name, in the order of registration."""
        return tuple(self._entries)

    def check(self, name: str) -> None:
        """Refuse an unknown name without importing anything.

        Raises:
            UnknownNameError: No entry has this name and it is not ``package.module:attribute``; or an
                entry has a name of its own for this member of a family.
        """
        if name in self._entries:
            return
        if not _IMPORTABLE.fullmatch(name):
            raise UnknownNameError.of(self.kind, name, self._entries)
        for known, target in self._entries.items():
            # Two names of one thing would be two things in every table.
            if target == name and self._family(name):
                raise UnknownNameError(f"Unknown {self.kind} {name!r}; right would be its short name {known!r}.")

    def get(self, name: str) -> T:
        """Import and return the object of this name.

        Raises:
            UnknownNameError: No such entry, no such member of a family, or a ``package.module:attribute``
                that does not exist.
        """
        self.check(name)
        target = self._entries.get(name, name)
        module_name, _, attribute = target.partition(":")
        family = self._family(target)
        if family is not None:
            family_module, _, function = family.partition(":")
            return cast(T, getattr(import_module(family_module), function)(attribute))
        try:
            return cast(T, getattr(import_module(module_name), attribute))
        except (ModuleNotFoundError, AttributeError) as error:
            if name in self._entries:
                raise
            raise UnknownNameError(
                f"Unknown {self.kind} {name!r}: {error}. "
                "Right would be 'package.module:attribute' of an importable module."
            ) from error

    def _family(self, target: str) -> str | None:
        return self._families.get(target.partition(":")[0])

"""A lazy table of plug-ins: names are known at once, code is imported when a name is used."""

import logging
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from harness.errors import PlugInError, UnknownNameError, cause_of

T = TypeVar("T")

_IMPORTABLE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_THIS_PACKAGE = "mfrnet-bench"


class Registry(Generic[T]):
    """Maps a name to an object given as ``"package.module:attribute"``.

    A name is found in three places: the entries given here, the entry points of installed packages
    (plug-ins), and, if it has the form ``package.module:attribute``, the module itself.
    ``FAMILY:member`` is made by the family's function.

    >>> shapes = Registry("shape", {"ordered": "collections:OrderedDict"})
    >>> shapes.names()
    ('ordered',)
    >>> shapes.get("ordered"), shapes.get("fractions:Fraction")
    (<class 'collections.OrderedDict'>, <class 'fractions.Fraction'>)
    >>> shapes.get("orderd")
    Traceback (most recent call last):
        ...
    harness.errors.UnknownNameError: Unknown shape 'orderd'. Did you mean 'ordered'? Known: ordered.
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, str],
        families: Mapping[str, str] | None = None,
        *,
        entry_points: str | None = None,
    ) -> None:
        """Args:
        kind: What the table holds, in the words of an error message, e.g. ``"method"``.
        entries: Name to ``"package.module:attribute"``, or to ``"FAMILY:member"``.
        families: Family to the ``"package.module:function"`` that makes an object of a member's name.
        entry_points: The group in which installed packages register more objects of this kind, e.g.
            ``"mfrnet_bench.methods"``; None for a table without plug-ins.
        """
        self.kind = kind
        self._entries = dict(entries)
        self._families = dict(families or {})
        self._group = entry_points

    def names(self) -> tuple[str, ...]:
        """Every registered name: built-in ones in the order of registration, then those of plug-ins by name."""
        return (*self._entries, *sorted(self._plug_ins.keys() - self._entries.keys()))

    def loadable(self) -> Iterator[tuple[str, T]]:
        """Every name with its object, without the plug-ins that fail; each failure is logged as one warning."""
        for name in self.names():
            try:
                found = self.get(name)
            except PlugInError as error:
                logging.getLogger(__name__).warning("bench: %s", error)
            else:
                yield name, found

    def check(self, name: str) -> None:
        """Refuse an unknown name without importing anything.

        Raises:
            UnknownNameError: No entry has this name and it is not ``package.module:attribute``; or an
                entry has a name of its own for this member of a family.
            PlugInError: Two packages register this name.
        """
        packages = [_package(plug_in) for plug_in in self._plug_ins.get(name, ())]
        packages[:0] = [_THIS_PACKAGE] if name in self._entries else []
        if len(packages) > 1:
            raise PlugInError(
                f"The {self.kind} {name!r} is registered by more than one package: {', '.join(packages)}; "
                "uninstall all but one of them, or rename it there."
            )
        if packages:
            return
        if not _IMPORTABLE.fullmatch(name):
            raise UnknownNameError.of(self.kind, name, self.names())
        for known, target in self._entries.items():
            # Two names of one thing would be two things in every table.
            if target == name and self._family(name):
                raise UnknownNameError(f"Unknown {self.kind} {name!r}; use its short name {known!r}.")

    def get(self, name: str) -> T:
        """Import and return the object of this name.

        Raises:
            UnknownNameError: No such entry, no such member of a family, or a ``package.module:attribute``
                that does not exist.
            PlugInError: Two packages register this name, or its package cannot be imported.
        """
        self.check(name)
        if name in self._plug_ins:
            return cast(T, self._load(self._plug_ins[name][0]))
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
                f"Unknown {self.kind} {name!r}: {error}. Expected 'package.module:attribute' of an importable module."
            ) from error

    @cached_property
    def _plug_ins(self) -> dict[str, list[EntryPoint]]:
        found: dict[str, list[EntryPoint]] = {}
        for plug_in in entry_points(group=self._group) if self._group else ():
            found.setdefault(plug_in.name, []).append(plug_in)
        return found

    def _load(self, plug_in: EntryPoint) -> object:
        try:
            return plug_in.load()
        except Exception as error:  # a plug-in is code of others: whatever it raises is its own defect
            raise PlugInError(
                f"The {self.kind} {plug_in.name!r} of package {_package(plug_in)!r} cannot be imported "
                f"({plug_in.value}): {cause_of(error)}"
            ) from error

    def _family(self, target: str) -> str | None:
        return self._families.get(target.partition(":")[0])


def _package(plug_in: EntryPoint) -> str:
    return plug_in.dist.name if plug_in.dist is not None else plug_in.module

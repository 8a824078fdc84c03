"""Whose turn a cell is, where several runs work on the same results."""

from dataclasses import dataclass
from typing import Protocol

from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class HeldElsewhere:
    """Another run has the cell in hand."""

    run: str
    """Which one, for people."""


@dataclass(frozen=True)
class StoredElsewhere:
    """Another run has left its record since this run was planned."""


class Turns(Protocol):
    """Asked before a cell is tried for the first time."""

    def take(self, cell: Cell) -> HeldElsewhere | StoredElsewhere | None:
        """None if this run has the cell in hand from now on."""
        ...

    def leave(self, cell: Cell) -> None:
        """A cell that this run had in hand is finished or lost."""
        ...

    def pause(self) -> None:
        """Wait a moment, because all that is left is in the hands of other runs."""
        ...


class Alone:
    """The turns of a run that shares its results with no other."""

    def take(self, cell: Cell) -> None:
        """See ``Turns.take``."""

    def leave(self, cell: Cell) -> None:
        """See ``Turns.leave``."""

    def pause(self) -> None:
        """Never needed, because no cell is held elsewhere."""
        raise AssertionError("a run that is alone has nothing to wait for")


ALONE = Alone()

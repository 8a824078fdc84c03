"""Which cell comes next, and how often each was tried. Pure bookkeeping: no process, no clock.

A cell is at every moment in one of five places: pending, running, finished, lost, stored by another run.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from harness.execution.events import CellHeldElsewhere, CellStoredElsewhere, RunListener
from harness.execution.turns import ALONE, HeldElsewhere, StoredElsewhere, Turns
from harness.plan import Cell

MAX_ATTEMPTS = 3
"""A cell that ends its worker process must not do so for ever."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try of one cell."""

    cell: Cell
    number: int
    """1 for the first try."""


class Attempts:
    """Hands out cells in the given order, and takes back those that could not be carried out.

    The last attempt of a cell runs alone, after all other cells. A cell that ended two workers beside
    other cells may be their victim (memory is the usual reason), so it gets one attempt that only the
    cell itself can spoil.

    A cell that another run has in hand stays pending, and comes back when that run leaves it.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        max_attempts: int = MAX_ATTEMPTS,
        turns: Turns = ALONE,
        tell: RunListener = lambda event: None,
    ) -> None:
        """Args:
        cells: Longest first; their ids are distinct.
        max_attempts: How often a cell is tried, at least 1.
        turns: Whose turn a cell is.
        tell: Hears of cells that other runs hold or have stored.
        """
        self._cells = {cell.id: cell for cell in cells}
        assert len(self._cells) == len(cells), "a plan never holds the same cell twice"
        self._order = {cell_id: position for position, cell_id in enumerate(self._cells)}
        self._max_attempts = max_attempts
        self._turns, self._tell = turns, tell
        self._holders: dict[str, str] = {}
        self._num_tried = dict.fromkeys(self._cells, 0)
        self._pending: list[tuple[bool, int, str]] = []
        self._running: set[str] = set()
        for cell_id in self._cells:
            self._push(cell_id)

    @property
    def is_done(self) -> bool:
        """Whether every cell is finished or lost."""
        return not self._pending and not self._running

    @property
    def num_pending(self) -> int:
        """Cells that wait for a worker."""
        return len(self._pending)

    def take(self) -> Attempt | None:
        """The next attempt; None while nothing may start."""
        if any(self._runs_alone(cell_id) for cell_id in self._running):
            return None
        held: list[str] = []
        found = None
        while self._pending and found is None:
            is_last, _, cell_id = self._pending[0]
            if is_last and self._running:
                break
            heapq.heappop(self._pending)
            match self._turns.take(self._cells[cell_id]) if self._num_tried[cell_id] == 0 else None:
                case None:
                    found = cell_id
                case HeldElsewhere(run=run):
                    held.append(cell_id)
                    if self._holders.get(cell_id) != run:
                        self._holders[cell_id] = run
                        self._tell(CellHeldElsewhere(cell=self._cells[cell_id], run=run))
                case StoredElsewhere():
                    self._tell(CellStoredElsewhere(cell=self._cells[cell_id]))
        for cell_id in held:
            self._push(cell_id)
        if found is None:
            return None
        self._num_tried[found] += 1
        self._running.add(found)
        return Attempt(cell=self._cells[found], number=self._num_tried[found])

    def finish(self, cell: Cell) -> None:
        """A running cell left its record."""
        self._running.remove(cell.id)
        self._turns.leave(cell)

    def give_back(self, cell: Cell) -> bool:
        """A running cell could not be carried out.

        Returns:
            Whether it will be tried again; otherwise it is lost.
        """
        self._running.remove(cell.id)
        if self._num_tried[cell.id] >= self._max_attempts:
            self._turns.leave(cell)
            return False
        self._push(cell.id)
        return True

    def _push(self, cell_id: str) -> None:
        is_last = self._num_tried[cell_id] + 1 == self._max_attempts > 1
        heapq.heappush(self._pending, (is_last, self._order[cell_id], cell_id))

    def _runs_alone(self, cell_id: str) -> bool:
        return self._num_tried[cell_id] == self._max_attempts > 1

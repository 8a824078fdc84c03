"""A run among others on the same results: what it holds, that it goes on, and that its parts are gathered."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from harness.errors import StoreError
from harness.execution.turns import HeldElsewhere, StoredElsewhere
from harness.plan import Cell
from harness.store import RecordStore
from harness.store.claims import RENEWAL_SECONDS, Claimant, Claims

_COMPACTION = "compaction"
"""Claimed as a cell is: several compactions at once would be safe, and so much work for nothing."""
_PAUSE_SECONDS = 1.0


class SharedTurns:
    """Whose turn a cell is, by the claims in the store; see ``Turns``.

    Claims only save work. Where they cannot be written or read, a cell is run as if no other run were there.
    """

    def __init__(
        self,
        store: RecordStore,
        claims: Claims,
        planned: Mapping[str, str],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Args:
        store: Where the records are.
        claims: Of this run; begun.
        planned: Cell id to the part that the plan saw, for cells that had a record then. A cell that has another
            part now was stored by another run.
        pause: Waits for so many seconds.
        """
        self._store, self._claims, self._planned, self._pause = store, claims, planned, pause

    @property
    def claim(self) -> str:
        """Name of the run's claim in the store; empty where it could not be written."""
        try:
            return self._claims.name if self._store.has_claim(self._claims.name) else ""
        except StoreError:
            return ""

    def take(self, cell: Cell) -> HeldElsewhere | StoredElsewhere | None:
        """See ``Turns.take``."""
        try:
            holder = self._claims.take(cell.id)
            if holder is not None:
                return HeldElsewhere(run=str(holder))
            # Only now: before, another run could still have been about to write the record.
            if self._store.part_of(cell.id) == self._planned.get(cell.id):
                return None
        except (OSError, StoreError) as error:
            logging.getLogger(__name__).warning("bench: %s is not claimed: %s", cell.label, error)
            return None
        self._claims.release(cell.id)
        return StoredElsewhere()

    def leave(self, cell: Cell) -> None:
        """See ``Turns.leave``."""
        self._claims.release(cell.id)

    def pause(self) -> None:
        """See ``Turns.pause``."""
        self._pause(_PAUSE_SECONDS)


@contextmanager
def shared(store: RecordStore, planned: Mapping[str, str]) -> Iterator[tuple[SharedTurns, list[str]]]:
    """Claim cells for the time of a run. No claim is left behind, however the block ends.

    Args:
        store: Where the records are.
        planned: As for ``SharedTurns``.

    Yields:
        The turns, and one sentence for each other run that goes on.
    """
    claims = store.claims()
    others: list[Claimant] = []
    try:
        try:
            others = claims.begin()
        except OSError as error:
            logging.getLogger(__name__).warning("bench: other runs on these results are not known: %s", error)
        apart = RecordStore(store.url)
        with _kept_up(apart, claims):
            yield SharedTurns(store, claims, planned), [_note(other) for other in others]
        tend(apart, claims)
    finally:
        with suppress(OSError):  # it expires
            claims.end()


def tend(store: RecordStore, claims: Claims) -> None:
    """Renew the claim of a run, and gather a pack of parts where many are loose; trouble is logged.

    Args:
        store: Used by no other thread.
        claims: Of the run.
    """
    try:
        claims.renew()
        if store.is_scattered() and claims.take(_COMPACTION) is None:
            try:
                store.compact(max_steps=1)
            finally:
                claims.release(_COMPACTION)
    except (OSError, StoreError) as error:
        logging.getLogger(__name__).warning("bench: %s", error)


@contextmanager
def _kept_up(store: RecordStore, claims: Claims) -> Iterator[None]:
    is_over = threading.Event()

    def keep_up() -> None:
        while not is_over.wait(RENEWAL_SECONDS):
            tend(store, claims)

    # A thread, because a cell in this process may take hours.
    thread = threading.Thread(target=keep_up, name="claims", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _note(other: Claimant) -> str:
    return f"Another run works on these results too: {other}. This one takes the cells that it does not hold."

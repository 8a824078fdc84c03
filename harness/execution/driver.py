"""The driver's side of a run with workers: passes news on, and decides when it is over or beyond hope.

The queue and the workers are given to it, whatever they are.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from harness.errors import cause_of
from harness.execution.events import CellLost, CellStarted, FleetEvent
from harness.execution.queue import LeaseRules, News
from harness.execution.summary import FleetError, FleetSummary, Tally
from harness.plan import Cell

_POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class FleetLimits:
    """Bounds that keep a run from hanging."""

    silence_seconds: float = LeaseRules.silence_seconds
    """A worker unheard of for this long is lost."""
    worker_wait_seconds: float = 300.0
    """How long the run goes on without a single live worker, at the start and later; a cluster that
    has to boot machines first needs minutes."""
    max_failed_starts: int = 6
    """Workers in a row that end before they ask for a cell."""
    end_seconds: float = 10.0
    """How long workers get to end by themselves once all cells are done."""


class QueueClient(Protocol):
    """The queue, wherever it lives."""

    def poll(self) -> News:
        """What happened since the last call."""
        ...

    def lose_workers(self, reason: str) -> None:
        """Every worker is known to be gone."""
        ...


class WorkerGroup(Protocol):
    """One start of all workers, running in the background."""

    error: BaseException | None
    """Why it ended; None while it runs, and after a good end."""

    @property
    def ended(self) -> bool:
        """Whether no worker of this start is left."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait for the end, but no longer than this."""
        ...


class FleetDriver:
    """Drives one run; ``summary`` is right at any moment, also after an interruption."""

    def __init__(
        self,
        num_cells: int,
        on_lost: Callable[[Cell, str], None],
        on_event: Callable[[FleetEvent], None],
        limits: FleetLimits,
    ) -> None:
        """Args:
        num_cells: How many cells the queue was given.
        on_lost: Called before the event of a lost cell.
        on_event: Called for every event.
        limits: Bounds on waiting.
        """
        self._tally = Tally(num_cells)
        self._on_lost, self._on_event, self._limits = on_lost, on_event, limits
        self._called_at = time.monotonic()
        self._start_seconds = 0.0
        self._work_seconds = 0.0

    def summary(self) -> FleetSummary:
        """The counts so far."""
        return self._tally.summary(start_seconds=self._start_seconds, work_seconds=self._work_seconds)

    def drive(self, queue: QueueClient, start_workers: Callable[[], WorkerGroup], offer: Callable[[], str]) -> None:
        """Start workers, and return once every cell is finished or lost.

        Args:
            queue: Holds the cells.
            start_workers: Starts all workers; called again when a group ends before the work does.
            offer: Says what there is to run workers on, for the error that none came.

        Raises:
            FleetError: Workers do not start, or none is left and none comes back.
        """
        group = start_workers()
        num_joined_before = 0
        while True:
            had_ended = group.ended
            news = queue.poll()
            self._pass_on(news)
            if news.is_done:
                group.wait(self._limits.end_seconds)
                return
            self._check_hope(news, offer)
            if had_ended:
                # Ray Train replaces one dead worker at a time and gives up when a second one dies
                # meanwhile, as on a lost node with several. The queue knows what is left to do.
                why = cause_of(group.error) if group.error else "they left while cells were open"
                if news.num_joined == num_joined_before:
                    raise FleetError(f"The workers could not be started: {why}") from group.error
                num_joined_before = news.num_joined
                queue.lose_workers(f"all workers ended: {why}")
                group = start_workers()
            group.wait(_POLL_SECONDS)

    def _pass_on(self, news: News) -> None:
        self._work_seconds = news.work_seconds
        for event in news.events:
            if isinstance(event, CellStarted) and not self._start_seconds:
                self._start_seconds = time.monotonic() - self._called_at
            if isinstance(event, CellLost):
                self._on_lost(event.cell, event.reason)
            self._tally.add(event)
            self._on_event(event)

    def _check_hope(self, news: News, offer: Callable[[], str]) -> None:
        why = f" Last failure: {news.last_failure}." if news.last_failure else ""
        if news.num_failed_starts > self._limits.max_failed_starts:
            raise FleetError(f"{news.num_failed_starts} workers in a row ended while they started.{why}")
        if news.seconds_without_worker > self._limits.worker_wait_seconds:
            raise FleetError(f"No worker for {news.seconds_without_worker:.0f} s.{why} {offer()}".rstrip())

"""What carries out a plan: one contract, and the choice between its two implementations."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from harness.cells.outcome import CellWork
from harness.config import RunSettings
from harness.environment import log_dir, num_cores
from harness.execution.events import RunListener
from harness.execution.in_process import InProcess
from harness.execution.interruption import interruptible
from harness.execution.node_check import check_nodes
from harness.execution.ray_actors import Limits, RayActors
from harness.execution.session import HERE, RaySession
from harness.execution.sizing import WorkerSize, most_processes, processes_of_cells, size_workers
from harness.execution.summary import RunSummary
from harness.execution.turns import ALONE, Turns
from harness.plan import Cell


class Executor(Protocol):
    """Runs cells, in one process or in many."""

    def run(self, cells: Sequence[Cell], work: CellWork, on_event: RunListener, turns: Turns = ALONE) -> RunSummary:
        """Run every cell once.

        A cell that raises is a failed outcome. A cell that ends its process, or whose work raises, is
        tried again; after its last attempt ``work.give_up`` writes its failed record. The last attempt
        runs alone, after all other cells.

        Args:
            cells: In the order in which they are handed out: longest first ends soonest.
            work: Runs a cell and writes its record; pickled, where there are several processes.
            on_event: Called in this process for everything that happens. A record is always written
                before the event that tells of it.
            turns: Whose turn a cell is, where other runs work on the same results.

        Returns:
            The counts, once every cell is finished, lost or stored by another run.

        Raises:
            ExecutionError: No worker came up, or none is left and none comes back.
            SettingsError: A node of a cluster lacks data, weights or the results folder; no cell was begun.
            RunInterrupted: Ctrl-C or SIGTERM. Everything has stopped; finished records are kept.
        """
        ...


class ChosenExecutor:
    """The executor that fits a run's settings, once the number of cells is known."""

    def __init__(self, settings: RunSettings, limits: Limits | None = None) -> None:
        """Begin to start Ray where it will be needed; returns at once.

        Raises:
            SettingsError: No cluster answers at the address.
        """
        self._settings, self._limits = settings, limits
        self._session: RaySession | None = None
        cores = num_cores()
        workers = cores if settings.workers is None else settings.workers
        is_needed = settings.address is not None or workers > 1 or settings.data_parallel not in ("auto", 1)
        # More workers than cores may be more than cells, and Ray starts as many processes as it is told of.
        if is_needed and (settings.address is not None or workers <= cores):
            self._begin(max(cores, workers * (settings.cpus_per_worker or 1)))

    def run(self, cells: Sequence[Cell], work: CellWork, on_event: RunListener, turns: Turns = ALONE) -> RunSummary:
        """See ``Executor.run``.

        Raises:
            SettingsError: ``data_parallel`` does not divide the batch of a cell.
        """
        settings = self._settings
        offer = None
        if self._session is not None and not settings.is_here:
            self._session.wait()
            offer = self._session.offer()
        size = size_workers(settings, len(cells), offer)
        processes: dict[str, int] = {}
        most = most_processes(settings, len(cells), size.workers * size.gpus_per_worker)
        if most > 1:
            batch_sizes = {cell.id: work.batch_size(cell) for cell in cells}
            found = processes_of_cells(cells, batch_sizes, settings.data_parallel, most)
            processes = {cell_id: number for cell_id, number in found.items() if number > 1}
        if size.workers == 0:
            self.close()
            return InProcess(num_threads=max(1, int(size.cpus_per_worker))).run(cells, work, on_event, turns)
        return self._with_actors(size, processes, cells, work, on_event, turns)

    def close(self) -> None:
        """Leave the cluster."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _with_actors(
        self,
        size: WorkerSize,
        processes: dict[str, int],
        cells: Sequence[Cell],
        work: CellWork,
        on_event: RunListener,
        turns: Turns,
    ) -> RunSummary:
        session = self._session or self._begin(size.workers * size.cpus_per_worker)
        session.wait()
        if not self._settings.is_here:
            check_nodes(work, size)
        # A folder of this run's own: another run on the same results may end first.
        storage = f"{self._settings.results.rstrip('/')}/.ray_train-{secrets.token_hex(4)}"
        try:
            actors = RayActors(session, size, processes=processes, storage=storage, limits=self._limits)
            return actors.run(cells, work, on_event, turns)
        finally:
            if processes:
                _remove(storage)

    def _begin(self, num_cpus: float) -> RaySession:
        # Ray Train's own actors ask for a core while they start.
        spare = 0 if self._settings.data_parallel in ("auto", 1) else 1
        address = self._settings.address or HERE
        self._session = RaySession(address=address, num_cpus=num_cpus + spare, log_dir=log_dir())
        return self._session


@contextmanager
def open_executor(settings: RunSettings, limits: Limits | None = None) -> Iterator[Executor]:
    """The executor of a run. Where it is Ray, Ray starts while the plan is made.

    SIGTERM ends the run as Ctrl-C does.

    Args:
        settings: Of the run.
        limits: Bounds on waiting for workers; the defaults are meant for real runs.

    Raises:
        SettingsError: No cluster answers at the address.
    """
    with interruptible():
        chosen = ChosenExecutor(settings, limits)
        try:
            yield chosen
        finally:
            chosen.close()


def _remove(storage: str) -> None:
    from pyarrow.fs import FileSystem

    system, path = FileSystem.from_uri(storage)
    with suppress(FileNotFoundError):  # no such cell has started
        system.delete_dir(path)

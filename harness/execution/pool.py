"""A run on this machine: cells go to forked workers, as a fleet's go to Ray's."""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from harness.cells.outcome import CellWork
from harness.execution.driver import FleetDriver, FleetLimits
from harness.execution.events import FleetEvent
from harness.execution.forked import ForkedWorkers
from harness.execution.gpus import shares
from harness.execution.queue import CellQueue, LeaseRules
from harness.execution.summary import FleetSummary, RunInterrupted
from harness.execution.worker import serve_cells
from harness.plan import Cell


def run_pool(
    cells: Sequence[Cell],
    work: CellWork,
    on_lost: Callable[[Cell, str], None],
    on_event: Callable[[FleetEvent], None],
    *,
    workers: int,
    cpus_per_worker: float,
    gpus_per_worker: float,
    max_attempts: int = 3,
    limits: FleetLimits | None = None,
) -> FleetSummary:
    """Run every cell once in worker processes of this machine, and survive the loss of workers.

    Args:
        cells: What to run, in the order in which it is handed out: longest first ends soonest.
        work: Runs a cell and writes its record; pickled, and called in the workers.
        on_lost: Called for a cell whose attempts all ended its worker process, with the reason in one
            line; it writes the cell's failed record.
        on_event: Called for everything that happens; ``on_lost`` comes before its ``CellLost``.
        workers: Worker processes, at least 1.
        cpus_per_worker: Cores of each; also its number of torch threads.
        gpus_per_worker: GPUs of each, 0 for none, a fraction to share one.
        max_attempts: How often a cell is tried before it is lost.
        limits: Bounds on waiting; the defaults are meant for real runs.

    Returns:
        The counts, once every cell has a record.

    Raises:
        SettingsError: This machine has fewer GPUs than the workers ask for.
        FleetError: The workers end while they start.
        RunInterrupted: Ctrl-C. Everything has stopped; finished records are kept.
    """
    limits = limits or FleetLimits()
    driver = FleetDriver(len(cells), on_lost, on_event, limits)
    if not cells:
        return driver.summary()
    gpus = shares(workers, gpus_per_worker)
    # The end of a process is seen at once, and a driver that was stopped for a while has heard from nobody.
    queue = CellQueue(cells, LeaseRules(max_attempts=max_attempts, silence_seconds=math.inf))

    def answer(rank: int, call: str, arguments: tuple[Any, ...]) -> Any:
        return getattr(queue, call)(*arguments)

    with ExitStack() as stack:

        def start_workers() -> ForkedWorkers:
            return stack.enter_context(
                ForkedWorkers(
                    partial(serve_cells, work=work),
                    answer,
                    queue.worker_failed,
                    num_threads=max(1, int(cpus_per_worker)),
                    gpus=gpus,
                )
            )

        try:
            driver.drive(queue, start_workers, lambda: "")
        except KeyboardInterrupt:
            raise RunInterrupted(driver.summary()) from None
    return driver.summary()

"""Trials side by side in forked processes of this machine; the study is here."""

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from harness.execution.driver import FleetLimits
from harness.execution.forked import ForkedWorkers
from harness.execution.gpus import shares
from harness.execution.summary import ExecutionError
from harness.execution.worker import Link
from harness.search.evaluation import TrialWork
from harness.search.ledger import Asked, Ledger
from harness.search.local import run_trials
from harness.search.trials import TrialReport

if TYPE_CHECKING:
    from harness.execution.sizing import WorkerSize
_WAIT_SECONDS = 0.2


def search_forked(ledger: Ledger, work: TrialWork, size: "WorkerSize") -> None:
    """Run trials in worker processes until there have been enough.

    A trial that raises has said so; a trial whose process ends is closed as failed, and the others go on.

    Args:
        ledger: Of the search.
        work: Runs a trial; pickled.
        size: How many trials run at once, and what each has.

    Raises:
        SettingsError: This machine has fewer GPUs than the trials ask for.
        ExecutionError: Worker processes end while they start.
        KeyboardInterrupt: Ctrl-C; running trials are closed as failed.
    """
    if not ledger.num_left:
        return
    running: dict[int, int] = {}
    without_work: set[int] = set()
    failed_starts: list[str] = []

    def answer(rank: int, call: str, arguments: tuple[Any, ...]) -> Any:
        given = getattr(ledger, call)(*arguments)
        if call == "ask":
            failed_starts.clear()
            running.pop(rank, None)
            if given is None:
                without_work.add(rank)
            else:
                running[rank] = given.number
        return given

    def on_end(rank: int, reason: str) -> None:
        if rank in running:
            # Its settings may be what ended it, so they are not tried again.
            ledger.fail(running.pop(rank), reason)
        elif rank not in without_work:
            failed_starts.append(reason)
            if len(failed_starts) > FleetLimits.max_failed_starts:
                raise ExecutionError(f"The workers could not be started: {reason}")

    target = partial(_serve_trials, work=work)
    threads = max(1, int(size.cpus_per_worker))
    gpus = shares(size.workers, size.gpus_per_worker)
    try:
        with ForkedWorkers(target, answer, on_end, num_threads=threads, gpus=gpus) as workers:
            while len(without_work) < size.workers:
                workers.wait(_WAIT_SECONDS)
    finally:
        ledger.fail_running()


def _serve_trials(link: Link, rank: int, work: TrialWork) -> None:
    run_trials(_FarLedger(link), work)


class _FarLedger:
    """The driver's ledger as a worker sees it."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def ask(self) -> Asked | None:
        return cast(Asked | None, self._link.ask("ask"))

    def report(self, number: int, report: TrialReport) -> bool:
        return bool(self._link.ask("report", number, report))

    def fail(self, number: int, error: str) -> None:
        self._link.ask("fail", number, error)

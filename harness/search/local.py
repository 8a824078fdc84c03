"""Trials one after another in this process: no start-up, and a debugger can step in."""

from typing import Protocol

from harness.search.evaluation import TrialWork
from harness.search.ledger import Asked, Ledger
from harness.search.trials import TrialReport


class TrialSource(Protocol):
    """What hands out trials and is told of them: a ledger, here or in another process."""

    def ask(self) -> Asked | None:
        """The next trial; None once there have been enough."""
        ...

    def report(self, number: int, report: TrialReport) -> bool:
        """Take note of a look at a running trial, and say whether it goes on."""
        ...

    def fail(self, number: int, error: str) -> None:
        """A trial that still runs ended without a final report, and why."""
        ...


def search_local(ledger: Ledger, work: TrialWork) -> None:
    """Run trials here until there have been enough.

    Args:
        ledger: Of the search.
        work: Runs a trial.

    Raises:
        KeyboardInterrupt: Ctrl-C; the running trial is closed as failed.
    """
    try:
        run_trials(ledger, work)
    finally:
        ledger.fail_running()


def run_trials(source: TrialSource, work: TrialWork) -> None:
    """Run trials until there are no more."""
    while (asked := source.ask()) is not None:
        for report in work(asked.settings):
            if not source.report(asked.number, report):
                break
        source.fail(asked.number, "the trial ended without an objective")

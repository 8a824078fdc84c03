"""Trials one after another in this process: no start-up, and a debugger can step in."""

from harness.search.evaluation import TrialWork
from harness.search.ledger import Ledger


def search_local(ledger: Ledger, work: TrialWork) -> None:
    """Run trials in this process until there are no more.

    Args:
        ledger: Study of the search.
        work: Runs a trial.

    Raises:
        KeyboardInterrupt: Ctrl-C; the running trial is closed as failed.
    """
    try:
        while (asked := ledger.ask()) is not None:
            for report in work(asked.settings):
                if not ledger.report(asked.number, report):
                    break
            ledger.fail(asked.number, "the trial ended without an objective")
    finally:
        ledger.fail_running()

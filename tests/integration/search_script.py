"""A search as a user starts it, as often as needed.

``python -m tests.integration.search_script FOLDER NUM_TRIALS tune|local`` runs the trials that the study
in FOLDER lacks, under Ray Tune or in its own process, and prints one line a trial. What a trial does is
decided by files in FOLDER, so that no test depends on how long anything takes.
"""

import math
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.execution.session import HERE
from harness.execution.sizing import WorkerSize
from harness.search.local import search_local
from harness.search.trials import TrialRecord, TrialReport
from harness.search.tuning import search_with_tune
from tests.support.searches import ledger_in, whole


@dataclass(frozen=True)
class MarkedTrials:
    """Notes each try; the one that a file names blocks, ends its process, raises, or has no number."""

    folder: Path

    def __call__(self, settings: Mapping[str, Any]) -> Iterator[TrialReport]:
        tries = self.folder / "tries"
        number = len(list(tries.iterdir()))
        (tries / f"{number}-{os.getpid()}").touch(exist_ok=False)
        what = self.folder / f"at-{number}"
        match what.read_text() if what.is_file() else "":
            case "block":
                (self.folder / "blocked").touch()
                threading.Event().wait()
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "nan":
                yield whole(math.nan)
            case "nothing":
                return
            case "raise":
                yield TrialReport(step=0, values=None, is_final=True, error="ValueError: k = 9")
            case _:
                yield whole(1 - (settings["x"] - 0.3) ** 2)

    def missing_here(self) -> tuple[str, ...]:
        return ()


def main(folder: Path, num_trials: int, where: str) -> None:
    (folder / "tries").mkdir(exist_ok=True)

    def on_end(record: TrialRecord) -> None:
        print("Trial", record.number, record.state, record.error or "-", flush=True)

    ledger = ledger_in(folder, num_trials, on_end=on_end)
    print("Left", ledger.num_left, flush=True)
    size = WorkerSize(workers=1, cpus_per_worker=1, gpus_per_worker=0)
    if where == "local":
        search_local(ledger, MarkedTrials(folder))
    else:
        search_with_tune(ledger, MarkedTrials(folder), size, HERE, folder / "log")
    print("Done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])

"""A run as a user starts it, as often as needed.

``python -m tests.integration.run_script FOLDER ADDRESS SECONDS WORKERS CATEGORY...`` runs the cells that
FOLDER has no record of, on a Ray of its own (``local``), on the cluster at an address, or in this process
(``none``). It waits so many seconds for a worker, and prints one line an event.
"""

import sys
from pathlib import Path

from harness.config import RunSettings
from harness.errors import BenchError
from harness.execution.events import RunEvent
from harness.execution.executor import open_executor
from harness.execution.ray_actors import Limits
from harness.execution.summary import RunInterrupted
from tests.support.marked_cells import MarkerStore, MarkerWork, make_cells


def main(folder: Path, address: str, worker_wait_seconds: float, workers: int, categories: list[str]) -> None:
    store = MarkerStore(folder)
    stored = store.records()
    cells = [cell for cell in make_cells(*categories) if cell.category not in stored]
    print("Plan", *(cell.category for cell in cells), flush=True)

    def on_event(event: RunEvent) -> None:
        cell, worker = getattr(event, "cell", None), getattr(event, "worker", None)
        print(type(event).__name__, cell.category if cell else "-", worker.pid if worker else "-", flush=True)

    settings = RunSettings(
        workers=workers, cpus_per_worker=1, address=None if address == "none" else address, results=str(folder)
    )
    limits = Limits(worker_wait_seconds=worker_wait_seconds, pending_seconds=1, first_pending_seconds=1)
    try:
        with open_executor(settings, limits) as executor:
            executor.run(cells, MarkerWork(store), on_event)
    except RunInterrupted as interruption:
        print(interruption, flush=True)
        raise SystemExit(130) from None
    except BenchError as error:
        sys.exit(f"{type(error).__name__}: {error}")
    print("Done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])

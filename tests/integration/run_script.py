"""A run as a user starts it, as often as needed.

``python -m tests.integration.fleet_script FOLDER WHERE SECONDS CATEGORY...`` runs the cells that FOLDER has
no record of: in a ``pool``, under a Ray of its own (``local``), or on the cluster at an address. It waits so
many seconds for a worker, and prints one line an event.
"""

import sys
from functools import partial
from pathlib import Path

from harness.execution.driver import FleetLimits
from harness.execution.fleet import run_fleet
from harness.execution.pool import run_pool
from tests.integration.fleet_work import MarkerStore, MarkerWork, make_cells

from harness.execution.events import RunEvent


def main(folder: Path, where: str, worker_wait_seconds: float, categories: list[str]) -> None:
    store = MarkerStore(folder)
    stored = store.records()
    cells = [cell for cell in make_cells(*categories) if cell.category not in stored]
    print("Plan", *(cell.category for cell in cells), flush=True)

    def on_event(event: RunEvent) -> None:
        cell, worker = getattr(event, "cell", None), getattr(event, "worker", None)
        print(type(event).__name__, cell.category if cell else "-", worker.pid if worker else "-", flush=True)

    run = run_pool if where == "pool" else partial(run_fleet, address=where, log_dir=folder / "log")
    run(
        cells,
        MarkerWork(store),
        lambda cell, reason: None,
        on_event,
        workers=2,
        cpus_per_worker=1,
        gpus_per_worker=0,
        limits=FleetLimits(worker_wait_seconds=worker_wait_seconds, silence_seconds=5, end_seconds=1),
    )
    print("Done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4:])

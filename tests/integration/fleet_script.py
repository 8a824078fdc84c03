"""A run as a user starts it: ``python -m tests.integration.fleet_script FOLDER``, as often as needed.

Runs what FOLDER has no record of, and prints one line an event.
"""

import sys
from pathlib import Path

from harness.execution.events import FleetEvent
from harness.execution.fleet import run_fleet
from tests.integration.fleet_work import MarkerStore, MarkerWork, make_cells

CATEGORIES = ("plain-1", "plain-2", "victim-1", "victim-2")


def main(folder: Path) -> None:
    store = MarkerStore(folder)
    stored = store.records()
    cells = [cell for cell in make_cells(*CATEGORIES) if cell.category not in stored]
    print("Plan", *(cell.category for cell in cells), flush=True)

    def on_event(event: FleetEvent) -> None:
        cell, worker = getattr(event, "cell", None), getattr(event, "worker", None)
        print(type(event).__name__, cell.category if cell else "-", worker.pid if worker else "-", flush=True)

    run_fleet(
        cells,
        MarkerWork(store),
        lambda cell, reason: None,
        on_event,
        workers=2,
        cpus_per_worker=1,
        gpus_per_worker=0,
        address=None,
        log_dir=folder / "log",
    )
    print("Done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

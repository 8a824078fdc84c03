"""Mock cells for tests of executors: what a cell does is the first word of its category's name.

The 'store' is a folder: ``records/`` holds one JSON file a finished cell, ``tries/`` one empty file
a try. A cell that has to be in the middle of its work while a test acts blocks on a FIFO or for
ever, so that no test depends on how long anything takes.
"""

import hashlib
import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.cells.outcome import CellOutcome, CellProgress
from harness.plan import Cell
from tests.support.cells import make_cell


def make_cells(*categories: str) -> list[Cell]:
    return [make_cell(category) for category in categories]


@dataclass(frozen=True)
class MarkerStore:
    folder: Path

    def __post_init__(self) -> None:
        for part in ("records", "tries"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)

    def note_try(self, category: str) -> int:
        """The number of this try, 1 for the first."""
        earlier = self.num_tries(category)
        (self.folder / "tries" / f"{category}.{earlier + 1}").touch(exist_ok=False)
        return earlier + 1

    def num_tries(self, category: str) -> int:
        return len(list((self.folder / "tries").glob(f"{category}.*")))

    def write(self, outcome: CellOutcome, category: str) -> None:
        path = self.folder / "records" / f"{outcome.cell_id}.json"
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps({"category": category, **vars(outcome)}))
        temporary.replace(path)

    def records(self) -> dict[str, dict[str, object]]:
        """Category to record."""
        loaded = [json.loads(path.read_text()) for path in (self.folder / "records").glob("*.json")]
        return {record["category"]: record for record in loaded}

    def gate(self, category: str) -> Path:
        return self.folder / f"{category}.gate"

    def make_gate(self, category: str) -> None:
        os.mkfifo(self.gate(category))

    def open_gate(self, category: str) -> None:
        """Let the cell that blocks at its gate go on; waits until it is there."""
        self.gate(category).write_bytes(b"")


@dataclass(frozen=True)
class MarkerWork:
    store: MarkerStore
    driver: int = field(default_factory=os.getpid)

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        attempt = self.store.note_try(cell.category)
        report(CellProgress(stage="fit", done=1, total=2, loss=0.5))
        error = None
        match cell.category.split("-")[0]:
            case "victim" if attempt == 1:
                threading.Event().wait()
            case "gated":
                self.store.gate(cell.category).read_bytes()
            case "poison":
                os.kill(os.getpid(), signal.SIGKILL)
            case "unwritable" if attempt == 1:
                raise OSError("No space left on device")
            case "troubled":
                raise OSError("The mount is gone")
            case "interrupted" if attempt == 1:
                # In the driver of this process, or in the one whose child this is.
                os.kill(self.driver, signal.SIGINT)
                threading.Event().wait(60)
            case "looks":
                error = f"BENCH_MARK is {os.environ.get('BENCH_MARK')}"
            case "raises":
                error = "DataError: good/003.png is truncated"
        digest = hashlib.sha256(cell.id.encode()).digest()
        outcome = CellOutcome(
            cell_id=cell.id,
            status="failed" if error else "ok",
            error=error,
            image_auroc=None if error else digest[0] / 255,
            seconds=0.0,
        )
        self.store.write(outcome, cell.category)
        return outcome

    def give_up(self, cell: Cell, reason: str) -> None:
        outcome = CellOutcome(cell_id=cell.id, status="failed", error=reason, image_auroc=None, seconds=0.0)
        self.store.write(outcome, cell.category)

    def missing_here(self) -> tuple[str, ...]:
        return ()

    def batch_size(self, cell: Cell) -> int:
        return 1

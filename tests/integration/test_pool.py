"""Forked workers: what they are given, what they leave behind, and how they end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from harness.execution.events import CellOutcome, CellProgress, CellProgressed, FleetEvent
from harness.execution.forked import log_file
from harness.execution.pool import run_pool
from harness.execution.summary import FleetError, RunInterrupted
from harness.plan import Cell
from tests.integration.fleet_work import MarkerStore, MarkerWork, make_cells

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@dataclass(frozen=True)
class Look:
    """Writes down what a worker finds around it, and prints to its terminal."""

    folder: Path

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        import torch

        print("printed by a worker", flush=True)
        seen = [os.environ.get(name) for name in ("BENCH_MARK", "CUDA_VISIBLE_DEVICES")]
        (self.folder / "found").write_text(repr([torch.get_num_threads(), *seen, str(Path.cwd())]))
        return CellOutcome(cell_id=cell.id, status="ok", error=None, image_auroc=None, seconds=0.0)


class Unloadable:
    """Cannot be made in a worker."""

    def __reduce__(self) -> tuple[Callable[..., None], tuple[int]]:
        return (_not_here, (os.getpid(),))


def _not_here(driver: int) -> None:
    assert os.getpid() == driver


def ignore(*_: object) -> None:
    pass


def test_a_worker_has_the_drivers_surroundings_of_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for mark in ("first", "second"):
        # What workers are forked from is the same both times.
        monkeypatch.setenv("BENCH_MARK", mark)
        monkeypatch.chdir(tmp_path)
        summary = run_pool(
            make_cells("plain"), Look(tmp_path), ignore, ignore, workers=1, cpus_per_worker=2, gpus_per_worker=0
        )
        assert summary.num_ok == 1
        assert (tmp_path / "found").read_text() == repr([2, mark, "", str(tmp_path)])
    assert tuple(capfd.readouterr()) == ("", "")


def test_work_that_no_worker_can_load_ends_the_run() -> None:
    with pytest.raises(FleetError, match=r"7 workers in a row ended while they started.*exit code 1; .*workers\.log"):
        run_pool(
            make_cells("plain"), Unloadable(), ignore, ignore,  # type: ignore[arg-type]
            workers=1, cpus_per_worker=1, gpus_per_worker=0,
        )  # fmt: skip
    assert "_not_here" in log_file().read_text()


@pytest.fixture
def ctrl_c_interrupts() -> Iterator[None]:
    # A shell starts background commands with SIGINT ignored, and Python then leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_ctrl_c_keeps_what_is_done_and_ends_the_workers(tmp_path: Path) -> None:
    store = MarkerStore(tmp_path)
    store.make_gate("gated")
    pids: set[int] = set()

    def on_event(event: FleetEvent) -> None:
        match event:
            case CellProgressed(cell=Cell(category="gated"), worker=worker) if len(store.records()) == 2:
                pids.add(worker.pid)
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(RunInterrupted, match="2 of 3 cells are stored"):
        run_pool(
            make_cells("plain-1", "plain-2", "gated"), MarkerWork(store), ignore, on_event,
            workers=1, cpus_per_worker=1, gpus_per_worker=0,
        )  # fmt: skip
    assert sorted(store.records()) == ["plain-1", "plain-2"]
    assert len(pids) == 1
    assert not psutil.pid_exists(*pids)


def test_preloading_imports_methods_and_modules_and_minds_no_mistake() -> None:
    code = "import sys, harness.execution.preload; print({'harness.methods.gaussian', 'wave'} <= set(sys.modules))"
    environment = {**os.environ, "BENCH_PRELOAD": "no.such.module gaussian wave no_method:here"}
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert (ran.stdout, ran.stderr) == ("True\n", "")

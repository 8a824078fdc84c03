"""Forked workers: what they are given, what they leave behind, and how they end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest

from harness.cells.outcome import CellOutcome, CellProgress
from harness.execution.events import CellProgressed, FleetEvent
from harness.execution.forked import LOG, NAMES, log_file
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


def test_workers_import_what_the_driver_imports_and_not_what_lies_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "harness").mkdir()
    for name in ("harness/__init__.py", "queue.py", "types.py"):
        (tmp_path / name).write_text("raise SystemExit('not this one')")
    root = Path(__file__).resolve().parents[2]
    code = f"import sys; sys.path[0] = {str(root)!r}; from tests.integration.fleet_script import main; main"
    command = [sys.executable, "-c", f"{code}(__import__('pathlib').Path('run'), 'pool', 30, ['plain'])"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.stderr, ran.stdout.splitlines()[-1:]) == ("", ["Done"])


def test_work_goes_on_when_what_workers_are_forked_from_has_ended(tmp_path: Path) -> None:
    for part in ("first", "second"):
        summary = run_pool(
            make_cells("plain"), MarkerWork(MarkerStore(tmp_path / part)), ignore, ignore,
            workers=1, cpus_per_worker=1, gpus_per_worker=0,
        )  # fmt: skip
        assert summary.num_ok == 1
        server = forkserver._forkserver._forkserver_pid
        os.kill(server, signal.SIGKILL)
        os.waitid(os.P_PID, server, os.WEXITED | os.WNOWAIT)


def test_preloading_imports_methods_and_modules_and_minds_no_mistake(tmp_path: Path) -> None:
    code = "import sys, harness.execution.preload; print({'harness.methods.gaussian', 'wave'} <= set(sys.modules))"
    log = tmp_path / "logs/workers.log"
    environment = {**os.environ, NAMES: "no.such.module gaussian wave no_method:here", LOG: str(log)}
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert (ran.stdout, ran.stderr) == ("", "")
    assert log.read_text().splitlines()[1:] == ["True"]

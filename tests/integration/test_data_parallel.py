"""One cell trained by two CPU processes under Ray Train, beside the same cell in this process."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.cells.outcome import CellOutcome, CellProgress
from harness.config import RunSettings
from harness.errors import SettingsError
from harness.execution.events import CellLost, CellProgressed, RunEvent
from harness.execution.executor import open_executor
from harness.execution.ray_actors import RayActors
from harness.execution.session import HERE, RaySession, ray_session
from harness.execution.sizing import WorkerSize
from harness.plan import Cell
from harness.store import RecordStore
from tests.support.marked_cells import MarkerStore, MarkerWork, make_cells

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


class GroupWork(MarkerWork):
    """Says how large its group is; in the category ``lame`` the last process of the group ends."""

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        from torch import distributed

        report(CellProgress(stage="fit", done=1, total=1))
        if cell.category == "lame" and distributed.get_rank() == 1:
            # The driver has heard from the group, which is therefore complete.
            self.store.gate("lame").read_bytes()
            os.kill(os.getpid(), signal.SIGKILL)
        distributed.barrier()
        outcome = CellOutcome(
            cell_id=cell.id, status="ok", error=None, image_auroc=float(distributed.get_world_size()), seconds=0.0
        )
        if distributed.get_rank() == 0:
            self.store.write(outcome, cell.category)
        return outcome

    def batch_size(self, cell: Cell) -> int:
        return 6


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RaySession]:
    with ray_session(num_cpus=3, address=HERE, log_dir=tmp_path_factory.mktemp("log")) as session:
        yield session


def test_a_group_of_processes_runs_the_cell_and_a_lost_one_costs_the_attempt_alone(
    session: RaySession, tmp_path: Path
) -> None:
    store = MarkerStore(tmp_path)
    store.make_gate("lame")
    cells = make_cells("lame", "whole")
    events: list[RunEvent] = []

    def on_event(event: RunEvent) -> None:
        events.append(event)
        if isinstance(event, CellProgressed) and event.cell.category == "lame":
            store.open_gate("lame")

    size = WorkerSize(workers=2, cpus_per_worker=1, gpus_per_worker=0)
    processes = {cell.id: 2 for cell in cells}
    executor = RayActors(session, size, processes=processes, storage=str(tmp_path / "state"), max_attempts=1)
    summary = executor.run(cells, GroupWork(store), on_event)
    assert [outcome.image_auroc for outcome in summary.outcomes] == [2.0]
    assert [each.cell.category for each in events if isinstance(each, CellProgressed)] == ["lame", "whole"]
    (lost,) = [each for each in events if isinstance(each, CellLost)]
    assert lost.cell.category == "lame"
    assert lost.reason.startswith("RuntimeError: process 1 of the group ended (killed, out of memory or crashed)")
    assert store.records()["lame"]["status"] == "failed"


def test_processes_that_cannot_share_a_batch_are_refused(tmp_path: Path) -> None:
    settings = RunSettings(data_parallel=4, results=str(tmp_path))
    with (
        open_executor(settings) as executor,
        pytest.raises(SettingsError, match=r"trains on 6 images a step, which 4 processes .* expected a divisor of 6"),
    ):
        executor.run(make_cells("whole"), GroupWork(MarkerStore(tmp_path)), lambda event: None)


def test_a_demo_cell_trained_by_two_processes_has_the_metrics_of_one(tmp_path: Path) -> None:
    # In processes of their own, because this one has a Ray session already.
    command = [sys.executable, "-c", "from harness.cli import main; main()", "run"]
    command += ["--datasets", "demo/nut", "--methods", "mfrnet", "--backbone", "filter_bank", "--image-size", "64"]
    command += [f"--set=mfrnet.{setting}" for setting in ("steps=20", "batch_size=4", "width=32", "num_heads=2")]
    both = {"one": ("--workers", "0"), "two": ("--data-parallel", "2", "--cpus-per-worker", "1")}
    runs = [subprocess.Popen([*command, *how, "--results", str(tmp_path / name)]) for name, how in both.items()]
    assert [run.wait() for run in runs] == [0, 0]
    one, two = (RecordStore(str(tmp_path / results)).frame().iloc[0] for results in ("one", "two"))
    assert one["cell_id"] == two["cell_id"]
    assert (one["num_processes"], two["num_processes"]) == (1, 2)
    names = ["image_auroc", "image_average_precision", "pixel_auroc", "pixel_average_precision", "aupro_30"]
    assert two[names].tolist() == pytest.approx(one[names].tolist(), abs=1e-3)

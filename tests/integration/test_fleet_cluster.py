"""A fleet over two real raylets, one of which goes away; and over none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.execution import fleet
from harness.execution.driver import FleetLimits
from harness.execution.events import CellFinished, CellProgressed, CellStarted, FleetEvent, WorkerLost
from harness.execution.fleet import run_fleet
from harness.execution.local import run_local
from harness.execution.session import prepare_ray_environment
from harness.execution.summary import FleetError
from harness.plan import Cell
from tests.integration.fleet_work import MarkerStore, MarkerWork, make_cells

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without cores of its own, so that workers run on the nodes a test adds."""
    prepare_ray_environment(None)
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    yield cluster
    cluster.shutdown()


def test_without_any_worker_the_run_ends_with_an_error(cluster: Any, tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"No worker for \d+ s.* offers 0 cores and 0 GPUs"):
        run_fleet(
            make_cells("plain"),
            MarkerWork(MarkerStore(tmp_path)),
            lambda cell, reason: None,
            lambda event: None,
            workers=1,
            cpus_per_worker=1,
            gpus_per_worker=0,
            address=cluster.address,
            log_dir=tmp_path / "log",
            limits=FleetLimits(worker_wait_seconds=3),
        )


def test_two_nodes_give_the_local_results_even_when_one_is_lost_without_a_spare(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = make_cells("plain-1", "plain-2", "plain-3", "victim", "plain-4", "raises")
    here, there = MarkerStore(tmp_path / "local"), MarkerStore(tmp_path / "cluster")
    here.note_try("victim")  # A victim blocks on its first try, for a kill that never comes here.
    run_local(cells, MarkerWork(here), lambda event: None)

    nodes: list[Any] = []
    trainer_factory = fleet._trainer_factory

    def add_nodes_first(*arguments: Any, **others: Any) -> Any:
        # Only now: a driver attaches to any raylet of its host, and ends with the one it attached to.
        nodes.extend(cluster.add_node(num_cpus=1) for _ in range(2))
        cluster.wait_for_nodes()
        return trainer_factory(*arguments, **others)

    monkeypatch.setattr(fleet, "_trainer_factory", add_nodes_first)
    events: list[FleetEvent] = []

    def on_event(event: FleetEvent) -> None:
        events.append(event)
        match event:
            case CellProgressed(cell=Cell(category="victim"), worker=worker) if there.num_tries("victim") == 1:
                (node,) = [node for node in nodes if runs_on(worker.pid, node)]
                cluster.remove_node(node, allow_graceful=False)

    summary = run_fleet(
        cells,
        MarkerWork(there),
        lambda cell, reason: None,
        on_event,
        workers=2,
        cpus_per_worker=1,
        gpus_per_worker=0,
        address=cluster.address,
        log_dir=tmp_path / "log",
        limits=FleetLimits(silence_seconds=5, end_seconds=1),
    )
    assert there.records() == here.records()
    assert (summary.num_ok, summary.num_failed, summary.num_open) == (5, 1, 0)
    assert there.num_tries("victim") == 2
    (loss,) = [event for event in events if isinstance(event, WorkerLost)]
    (rescue,) = [
        event.worker for event in events if isinstance(event, CellFinished) and event.cell.category == "victim"
    ]
    # How many other cells each node did depends on which came up first; that both took part does not.
    assert {event.worker.rank for event in events if isinstance(event, CellStarted)} == {0, 1}
    assert {loss.worker.rank, rescue.rank} == {0, 1}


def runs_on(pid: int, node: Any) -> bool:
    """Whether a process is a child of this node's raylet; nodes of a test share one host."""
    import psutil

    raylet = node.all_processes["raylet"][0].process.pid
    return raylet in [parent.pid for parent in psutil.Process(pid).parents()]

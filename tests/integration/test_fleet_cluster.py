"""A fleet over two real raylets, one of which goes away; and over none."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.execution.driver import FleetLimits
from harness.execution.fleet import run_fleet
from harness.execution.local import run_local
from harness.execution.session import prepare_ray_environment
from harness.execution.summary import FleetError
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


def test_two_nodes_give_the_local_results_even_when_one_is_lost_without_a_spare(cluster: Any, tmp_path: Path) -> None:
    categories = ("plain-1", "plain-2", "plain-3", "victim", "plain-4", "raises")
    here, there = MarkerStore(tmp_path / "local"), MarkerStore(tmp_path / "cluster")
    here.note_try("victim")  # A victim blocks on its first try, for a kill that never comes here.
    run_local(make_cells(*categories), MarkerWork(here), lambda event: None)

    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    cluster.wait_for_nodes()
    command = [sys.executable, "-m", "tests.integration.fleet_script", str(there.folder), cluster.address, *categories]
    seen: list[list[str]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        for line in driver.stdout:
            seen.append(line.split())
            match seen[-1]:
                case ["CellProgressed", "victim", pid] if len(nodes) == 2:
                    (node,) = [node for node in nodes if runs_on(int(pid), node)]
                    nodes.remove(node)
                    cluster.remove_node(node, allow_graceful=False)
    if driver.returncode != 0:
        # Ray 2.60's own threads now and then end the driver (SIGSEGV or SIGILL in _raylet.so) as a node
        # goes, hence the process of its own. Then, as for any killed driver, the same command does the rest.
        assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    else:
        assert [event for event, *_ in seen].count("WorkerLost") == 1
        assert there.num_tries("victim") == 2
    assert len(nodes) == 1, "no node was lost"
    assert there.records() == here.records()


def runs_on(pid: int, node: Any) -> bool:
    """Whether a process is a child of this node's raylet; nodes of a test share one host."""
    import psutil

    raylet = node.all_processes["raylet"][0].process.pid
    return raylet in [parent.pid for parent in psutil.Process(pid).parents()]

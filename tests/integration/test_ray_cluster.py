"""Runs over several real raylets: none, one that is joined by another, and two of which one goes away."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.execution.in_process import InProcess
from tests.support.marked_cells import MarkerStore, MarkerWork, make_cells
from tests.support.raylets import raylets

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
RUN = [sys.executable, "-m", "tests.integration.run_script"]


def test_without_any_node_the_run_ends_and_says_what_the_cluster_offers(tmp_path: Path) -> None:
    with raylets(0) as cluster:
        command = [*RUN, str(tmp_path), cluster.address, "3", "2", "plain"]
        driver = subprocess.run(command, capture_output=True, text=True, check=False)
    assert driver.returncode == 1
    (line,) = driver.stderr.splitlines()
    assert line.startswith("ExecutionError: No worker is up after ")
    assert "0 cores and 0 GPUs are offered in all; a worker asks for 1 of the cores" in line


def test_an_address_where_nothing_listens_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as bound:
        # Bound and not listening: nobody else gets the port, and nobody answers.
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        driver = subprocess.run(
            [*RUN, str(tmp_path), address, "3", "2", "plain"], capture_output=True, text=True, check=False
        )
    assert driver.returncode == 1
    assert driver.stderr.startswith(f"SettingsError: --address {address}: no Ray cluster answers there")
    assert len(driver.stderr.splitlines()) == 1


def test_workers_join_when_a_node_does(tmp_path: Path) -> None:
    store = MarkerStore(tmp_path)
    store.make_gate("gated-1")
    store.make_gate("gated-2")
    with raylets(1) as cluster:
        command = [*RUN, str(tmp_path), cluster.address, "300", "2", "gated-1", "gated-2"]
        joined: list[str] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
            assert driver.stdout is not None
            for line in driver.stdout:
                match line.split():
                    case ["WorkersPending", *_] if len(joined) == 1:
                        cluster.add()
                    case ["WorkerJoined", _, pid]:
                        joined.append(pid)
                    case ["CellProgressed", category, _] if len(joined) == 2:
                        # One worker alone would wait here for ever.
                        store.open_gate(category)
                    case ["CellStarted", "gated-2", _]:
                        store.open_gate("gated-1")
    assert driver.returncode == 0
    assert len(set(joined)) == 2
    assert sorted(store.records()) == ["gated-1", "gated-2"]


def test_two_nodes_give_the_results_of_one_process_even_when_one_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    categories = ("plain-1", "plain-2", "plain-3", "victim", "plain-4", "raises", "looks")
    here, there = MarkerStore(tmp_path / "here"), MarkerStore(tmp_path / "cluster")
    here.note_try("victim")  # A victim blocks on its first try, for a kill that never comes here.
    monkeypatch.setenv("BENCH_MARK", "set where the driver is")
    InProcess().run(make_cells(*categories), MarkerWork(here), lambda event: None)

    with raylets(2, without="BENCH_MARK") as cluster:
        command = [*RUN, str(there.folder), cluster.address, "300", "2", *categories]
        seen: list[list[str]] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
            assert driver.stdout is not None
            for line in driver.stdout:
                seen.append(line.split())
                match seen[-1]:
                    case ["CellProgressed", "victim", pid] if len(cluster.pids) == 2:
                        cluster.lose(cluster.under(int(pid)))
        if driver.returncode != 0:
            # Ray 2.60's own threads now and then end the driver (SIGSEGV or SIGILL in _raylet.so) as a
            # node goes. Then, as for any killed driver, the same command does the rest.
            assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
        else:
            assert [event for event, *_ in seen].count("WorkerLost") == 1
            assert there.num_tries("victim") == 2
        assert len(cluster.pids) == 1, "no node was lost"
    # A setting of the driver's reaches the nodes, too.
    assert here.records()["looks"]["error"] == "BENCH_MARK is set where the driver is"
    assert there.records() == here.records()

"""A cluster of machines that share nothing but a network: what one of them lacks is said, and results are complete."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from harness.store import RecordStore
from tests.integration.test_run_on_cluster import SAME_EVERYWHERE
from tests.support import miniatures
from tests.support.machines import Machine, can_make_machines, machines
from tests.support.object_store import CREDENTIALS

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not can_make_machines(), reason="needs root, and ip of iproute2"),
]

BENCH = (sys.executable, "-c", "from harness.cli import main; main()")
SHOW = "import sys; from harness.store import RecordStore; RecordStore(sys.argv[1]).frame().to_parquet(sys.argv[2])"
TOKEN = "of-this-test"


@contextmanager
def object_store_on(machine: Machine) -> Iterator[str]:
    command = machine.command(sys.executable, "-m", "tests.support.object_store", machine.address)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(machine.environment)
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


def join(machine: Machine, head: Machine, num_cpus: int) -> None:
    """Start Ray on a machine; on the head, the cluster."""
    where = ["--head", "--port=6379"] if machine is head else [f"--address={head.address}:6379"]
    options = ["--disable-usage-stats", "--include-dashboard=false"] if machine is head else []
    memory = "--object-store-memory=100000000"
    machine.must(
        "ray", "start", *where, f"--node-ip-address={machine.address}", f"--num-cpus={num_cpus}", memory, *options
    )


def test_machines_that_share_only_a_network(tmp_path: Path) -> None:
    miniatures.mvtec_ad(tmp_path / "data")
    shared = CREDENTIALS | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
    with machines(("desk", "left", "right"), shared) as (desk, left, right), object_store_on(desk) as results:
        data = desk.disk / "data"
        run = [
            *(*BENCH, "run", "--datasets", "mvtec_ad", "--data", data, "--methods", "gaussian"),
            *("--backbone", "filter_bank", "--image-size", "32", "--seeds", "0,1"),
            *("--address", f"{desk.address}:6379", "--workers", "2", "--cpus-per-worker", "1"),
        ]
        for machine, num_cpus in ((desk, 0), (left, 1), (right, 1)):
            join(machine, desk, num_cpus)
        for machine in (desk, left):
            machine.must("cp", "-r", tmp_path / "data", data)

        # The desk has no core for a worker and is not asked.
        lacking = desk.run(*run, "--results", results)
        assert lacking.returncode == 2
        (line,) = lacking.stderr.splitlines()
        assert line.startswith(f"bench: right ({right.address}): there is no data set 'mvtec_ad' in {data}. Every node")
        assert "left" not in line

        right.must("cp", "-r", tmp_path / "data", data)
        elsewhere = desk.run(*run, "--results", desk.disk / "results")
        assert elsewhere.returncode == 2
        (line,) = elsewhere.stderr.splitlines()
        assert f"({left.address}), " in line or f"({right.address}), " in line
        assert f"the results folder {desk.disk / 'results'} is another one there" in line

        done = desk.run(*run, "--results", results)
        assert done.returncode == 0, done.stderr
        shown = tmp_path / "shown.parquet"
        desk.must(sys.executable, "-c", SHOW, results, shown)

    remote = pd.read_parquet(shown).sort_values("cell_id")
    assert set(remote["host"]) <= {"left", "right"}
    here = [*run[: run.index("--address")], "--workers", "0", "--results", tmp_path / "here"]
    here[here.index("--data") + 1] = tmp_path / "data"
    subprocess.run([str(each) for each in here], check=True, capture_output=True)
    local = RecordStore(str(tmp_path / "here")).frame().sort_values("cell_id")
    assert len(local) >= 4
    assert set(local["status"]) == {"ok"}
    pd.testing.assert_frame_equal(
        remote[SAME_EVERYWHERE].reset_index(drop=True), local[SAME_EVERYWHERE].reset_index(drop=True), check_exact=True
    )

"""What listens while workers run on a Ray of this machine: loopback, or what refuses everybody without the token."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from harness.execution.events import CellProgressed, RunEvent
from harness.execution.ray_actors import RayActors
from harness.execution.session import HERE, ray_session
from harness.execution.sizing import WorkerSize
from tests.support.marked_cells import MarkerStore, MarkerWork, make_cells

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

LOOPBACK = ("127.", "::1", "::ffff:127.")
ASK = """
import sys, urllib.error, urllib.request, grpc
# Nodes, keys and values of the cluster; a task for a worker; a worker of a node; its shared memory.
METHODS = ("NodeInfoGcsService/GetAllNodeInfo", "InternalKVGcsService/InternalKVGet", "CoreWorkerService/PushTask",
           "NodeManagerService/RequestWorkerLease", "ObjectManagerService/Push")
for place in sys.argv[1:]:
    for method in METHODS:
        try:
            with grpc.insecure_channel(place) as channel:
                channel.unary_unary(f"/ray.rpc.{method}")(b"", timeout=20)
            print(place, method, "OK")
        except grpc.RpcError as error:
            print(place, method, error.code().name)
    try:
        address = f"http://{place}/get_or_create_runtime_env"
        print(place, "POST", urllib.request.urlopen(urllib.request.Request(address, data=b""), timeout=20).status)
    except urllib.error.HTTPError as error:
        print(place, "POST", {401: "UNAUTHENTICATED", 403: "UNAUTHENTICATED"}.get(error.code, error.code))
    except Exception as error:
        print(place, "POST", type(error).__name__)
"""


@dataclass(frozen=True)
class Listener:
    """An open port of this process or of one that it started."""

    process: str
    address: str
    port: int

    @property
    def place(self) -> str:
        """Where a program of this machine reaches it."""
        return f"{'127.0.0.1' if self.address in ('::', '0.0.0.0') else self.address}:{self.port}"


def listeners() -> Iterator[Listener]:
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            for connection in process.net_connections(kind="inet"):
                if connection.status == psutil.CONN_LISTEN:
                    yield Listener(process.name(), connection.laddr.ip, connection.laddr.port)
        except psutil.NoSuchProcess:
            continue


def test_nothing_listens_beyond_this_machine_without_the_token(tmp_path: Path) -> None:
    pytest.importorskip("grpc")
    store, found, answers = MarkerStore(tmp_path / "store"), [], []

    def on_event(event: RunEvent) -> None:
        if found or not isinstance(event, CellProgressed):
            return
        found.extend(one for one in listeners() if not one.address.startswith(LOOPBACK))
        # A process without the token, as any other on the network.
        others = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        command = [sys.executable, "-c", ASK, *(one.place for one in found)]
        answers.extend(
            subprocess.run(command, env=others, capture_output=True, text=True, check=True).stdout.splitlines()
        )

    size = WorkerSize(workers=2, cpus_per_worker=1, gpus_per_worker=0)
    with ray_session(num_cpus=2, address=HERE, log_dir=tmp_path / "log") as session:
        summary = RayActors(session, size).run(make_cells("plain-1", "plain-2"), MarkerWork(store), on_event)
    assert summary.num_ok == 2
    assert found, "Ray listens somewhere"
    assert [line for line in answers if line.endswith((" OK", " 200"))] == []
    # Whatever a port is for, it says itself that the token is missing.
    refused = {line.split()[0] for line in answers if line.endswith(" UNAUTHENTICATED")}
    assert {one.place: one.process for one in found if one.place not in refused} == {}


def test_no_file_of_a_session_holds_its_token(tmp_path: Path) -> None:
    with ray_session(num_cpus=1, address=HERE, log_dir=tmp_path / "log"):
        import ray

        session = Path(ray._private.worker._global_node.get_session_dir_path())
        token = os.environ["RAY_AUTH_TOKEN"].encode()
        holding = [
            path
            for folder in (session, tmp_path)
            for path in folder.rglob("*")
            if path.is_file() and token in path.read_bytes()
        ]
    assert holding == []

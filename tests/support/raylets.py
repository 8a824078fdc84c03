"""A Ray cluster of several raylets on this machine.

It is kept by a process of its own: Ray's native threads end the process that they are in when they
lose their cluster, and that would be the tests'. ``python -m tests.support.raylets NUM`` starts a head
without cores and ``NUM`` nodes of one core, says where they are in a line of JSON, loses the raylet of
each process id that it reads, adds one for each 0, and ends with its input.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import psutil


@dataclass
class Raylets:
    address: str
    pids: list[int]
    """Of the raylets that are not the head's."""
    commands: IO[str]
    answers: IO[str]

    def under(self, pid: int) -> int:
        """The raylet that a worker process is a child of; nodes of a test share one host."""
        (raylet,) = set(self.pids) & {parent.pid for parent in psutil.Process(pid).parents()}
        return raylet

    def lose(self, raylet: int) -> None:
        """Kill a raylet, as a machine that is switched off; comes back when it is gone."""
        print(raylet, file=self.commands, flush=True)
        assert json.loads(self.answers.readline()) == raylet
        self.pids.remove(raylet)

    def add(self) -> None:
        """Start one more raylet; comes back when it is there."""
        print(0, file=self.commands, flush=True)
        self.pids.append(json.loads(self.answers.readline()))


@contextmanager
def raylets(num_nodes: int, *, without: str = "") -> Iterator[Raylets]:
    """A cluster of so many nodes, which lack an environment variable of this process."""
    command = [sys.executable, "-m", "tests.support.raylets", str(num_nodes)]
    environment = {name: value for name, value in os.environ.items() if name != without}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = next((line for line in process.stdout if line.startswith("{")), "")
        assert line, "the cluster did not start"
        found = json.loads(line)
        yield Raylets(found["address"], found["pids"], process.stdin, process.stdout)
        process.stdin.close()
        process.stdout.read()


def main(num_nodes: int) -> None:
    from harness.execution.session import HERE, prepare_ray_environment

    prepare_ray_environment(HERE)
    from ray.cluster_utils import Cluster

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = {raylet_pid(node): node for node in [cluster.add_node(num_cpus=1) for _ in range(num_nodes)]}
    cluster.wait_for_nodes()
    print(json.dumps({"address": cluster.address, "pids": list(nodes)}), flush=True)
    for line in sys.stdin:
        pid = int(line)
        if pid:
            cluster.remove_node(nodes.pop(pid), allow_graceful=False)
        else:
            node = cluster.add_node(num_cpus=1)
            pid = raylet_pid(node)
            nodes[pid] = node
        print(json.dumps(pid), flush=True)
    cluster.shutdown()


def raylet_pid(node: Any) -> int:
    return int(node.all_processes["raylet"][0].process.pid)


if __name__ == "__main__":
    main(int(sys.argv[1]))

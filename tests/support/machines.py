"""Machines of their own on this one: namespaces of network, files, host name and processes, and a switch between them.

Each has a disk of its own at the same path, its own shared memory, and no way to another but the network. Making them
takes root and ``ip`` (Debian's iproute2).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
_UNSHARE = ("unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child")


@dataclass(frozen=True, kw_only=True)
class Machine:
    name: str
    address: str
    pid: int
    """Of its first process, seen from here."""
    disk: Path
    """The same path on every machine, and another file system."""
    environment: Mapping[str, str]

    def command(self, *arguments: str | Path) -> list[str]:
        """What runs ``arguments`` there."""
        inside = ["nsenter", f"--target={self.pid}", "--net", "--mount", "--uts", "--pid", "--wd=" + str(ROOT)]
        return [*inside, "--", *map(str, arguments)]

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command there to its end."""
        return subprocess.run(
            self.command(*arguments), env=dict(self.environment), capture_output=True, text=True, check=False
        )

    def must(self, *arguments: str | Path) -> None:
        """Run a command there that has to succeed."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"


def can_make_machines() -> bool:
    """Whether this user may, and the tools are there."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "nsenter", "ip"))):
        return False
    return subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0


@contextmanager
def machines(names: Sequence[str], environment: Mapping[str, str]) -> Iterator[list[Machine]]:
    """Machines on one network, which end with all their processes as the block does.

    Args:
        names: Their host names.
        environment: Added to what their commands inherit.
    """
    with ExitStack() as stack:
        # Ray's sockets have names of at most 107 bytes.
        disk = Path(tempfile.mkdtemp(prefix="m-"))
        stack.callback(shutil.rmtree, disk)
        switch = stack.enter_context(_first_process())
        _ip(switch, "link", "add", "switch", "type", "bridge")
        _ip(switch, "link", "set", "switch", "up")
        made: list[Machine] = []
        for number, name in enumerate(names, start=1):
            pid = stack.enter_context(_first_process())
            machine = Machine(
                name=name,
                address=f"10.77.0.{number}",
                pid=pid,
                disk=disk,
                environment=_environment(disk) | dict(environment),
            )
            _ip(switch, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
            _ip(switch, "link", "set", name, "master", "switch", "up")
            machine.must("hostname", name)
            machine.must("ip", "link", "set", "lo", "up")
            machine.must("ip", "address", "add", f"{machine.address}/24", "dev", "eth0")
            machine.must("ip", "link", "set", "eth0", "up")
            for place, size in ((disk, "512m"), (Path("/dev/shm"), "1g")):
                machine.must("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
            machine.must("mkdir", disk / "home", disk / "tmp", disk / "cache")
            made.append(machine)
        yield made


def _environment(disk: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BENCH_", "RAY_"))}
    return kept | {
        "BENCH_CACHE": str(disk / "cache"),
        "HOME": str(disk / "home"),
        "OMP_NUM_THREADS": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(disk / "tmp"),
    }


@contextmanager
def _first_process() -> Iterator[int]:
    """The process that a new set of namespaces lives with."""
    with subprocess.Popen(
        [*_UNSHARE, "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as outer:
        assert outer.stdout is not None
        outer.stdout.readline()
        (inner,) = psutil.Process(outer.pid).children()
        try:
            yield inner.pid
        finally:
            inner.kill()


def _ip(pid: int, *arguments: str) -> None:
    subprocess.run(["nsenter", f"--target={pid}", "--net", "ip", *arguments], check=True)

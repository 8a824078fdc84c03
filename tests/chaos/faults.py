"""What can be broken while commands run, and what may come of it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.chaos.command import ROOT, Command, below
from tests.chaos.world import CATEGORIES, NUM_CELLS, World, remounted
from tests.support import miniatures

_MOST_WORKERS = 2
_MOST_TOGETHER = 3
_WORKER = "ray::CellWorker"
Act = Callable[[Command, World, random.Random], bool]
"""Break something, with what may be drawn; says whether there was anything to break."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A way in which the world breaks."""

    act: Act
    codes: tuple[int, ...] = ()
    """Exit codes that it may give the command, beside 0; of a signal its negative number."""
    attempts: int = 0
    """Most executions of cells that it may spoil."""
    cause: str = "^$"
    """Pattern of the error of a cell that fails by it."""
    is_everywhere: bool = False
    """Whether it meets commands that run beside, too."""
    is_loud: bool = False
    """Whether the command may print more than a line of its own."""


def _signalled(*numbers: signal.Signals, is_group: bool = False) -> Act:
    def act(command: Command, world: World, rng: random.Random) -> bool:
        num_met = 0
        with suppress(ProcessLookupError):
            for number in numbers:
                (os.killpg if is_group else os.kill)(command.pid, number)
                num_met += 1
                time.sleep(rng.uniform(0, 0.5) if len(numbers) > 1 else 0)
        return num_met > 0

    return act


def _of_cluster(name: str, number: signal.Signals, *, is_all: bool = False) -> Act:
    """Signal a process, or all, that the command has started."""

    def act(command: Command, world: World, rng: random.Random) -> bool:
        pids = [command.pid] if world.cluster is None else world.cluster.pids
        found = [process for pid in pids for process in below(pid, name)]
        chosen = found if is_all else found[:1] and [rng.choice(found)]
        for process in chosen:
            try:
                process.send_signal(number)
                if number == signal.SIGSTOP:
                    time.sleep(rng.uniform(0, 2))
                    process.send_signal(signal.SIGCONT)
            except psutil.NoSuchProcess:
                return False
        return bool(chosen)

    return act


def _cache_removed(command: Command, world: World, rng: random.Random) -> bool:
    shutil.rmtree(world.cache, ignore_errors=True)
    return True


def _image_replaced(command: Command, world: World, rng: random.Random) -> bool:
    folder = world.data / "mvtec_ad" / rng.choice(CATEGORIES)
    path = rng.choice(sorted(folder.glob("t*/*/*.png")))
    before = path.read_bytes()
    miniatures.write_image(path, rng.randrange(100, 1000))
    world.mending.append(lambda: path.write_bytes(before))
    return True


def _disk_full(command: Command, world: World, rng: random.Random) -> bool:
    if not world.has_disk:
        return False
    ballast = world.disk / "ballast"
    world.mending.append(lambda: ballast.unlink(missing_ok=True))
    with ballast.open("wb", buffering=0) as stream:
        try:
            while stream.write(bytes(4096)):
                pass
        except OSError:
            # Some files still find room, whole or in part.
            stream.truncate(max(0, stream.tell() - rng.choice([0, 1, 4, 16]) * 4096))
    return True


def _read_only(command: Command, world: World, rng: random.Random) -> bool:
    if world.has_disk:
        if not remounted(world.disk, "ro"):
            return False
        world.mending.append(lambda: remounted(world.disk, "rw"))
        return True
    if os.geteuid() == 0:
        return False
    for folder in [path for path in Path(world.store).rglob("*") if path.is_dir()]:
        folder.chmod(0o555)
        world.mending.append(lambda folder=folder: folder.chmod(0o755))  # type: ignore[misc]
    return True


def _compacted(command: Command, world: World, rng: random.Random) -> bool:
    """Gather all that is stored, in a process that may be killed."""
    program = "import sys; from harness.store import RecordStore; RecordStore(sys.argv[1]).compact()"
    with subprocess.Popen([sys.executable, "-c", program, world.results], cwd=ROOT, stderr=subprocess.DEVNULL) as other:
        if rng.random() < 0.5:
            time.sleep(rng.uniform(0, 1.5))
            other.kill()
    return True


def _node_lost(command: Command, world: World, rng: random.Random) -> bool:
    """Lose a node of the cluster; another one comes in its place."""
    assert world.cluster is not None
    world.cluster.lose(rng.choice(world.cluster.pids))
    world.cluster.add()
    return True


def _trouble(command: Command, world: World, rng: random.Random) -> bool:
    """Let the object store answer the next requests wrongly, late or not at all."""
    assert world.proxy is not None
    world.proxy.trouble(rng.choice([1, 3, 10, 40]), rng.randrange(2**32))
    return True


def _clock_jumped(command: Command, world: World, rng: random.Random) -> bool:
    """The clock of the store jumps after claims were written; nothing else of a run asks for the time of day."""
    jump = rng.choice([-1, 1]) * rng.choice([150, 3600, 86400 * 365])
    num_met = 0
    for path in Path(world.store, "claims").glob("*.json"):
        with suppress(FileNotFoundError):
            moment = path.stat().st_mtime + jump
            os.utime(path, (moment, moment))
            num_met += 1
    return num_met > 0


def _no_act(command: Command, world: World, rng: random.Random) -> bool:
    raise AssertionError("the environment of the command does it")


ANY = (-6, -7, -9, -11, -15, 1, 2)
WRITES = ("ENOSPC", "EIO", "EROFS", "EDQUOT")
"""Errors of writes that ``hook/sitecustomize.py`` lets fail."""
_ON_DISK = r"No space left|Input/output|Read-only|Disk quota|cannot be written|unable to open database|disk"
_WORKER_KILLED = r"its process ended|its node was lost"

FAULTS: dict[str, Fault] = {
    "kill": Fault(act=_signalled(signal.SIGKILL), codes=(-9,), attempts=_MOST_WORKERS),
    "term": Fault(act=_signalled(signal.SIGTERM), codes=(130,), attempts=_MOST_WORKERS),
    "int": Fault(act=_signalled(signal.SIGINT), codes=(130,), attempts=_MOST_WORKERS),
    "ctrl_c": Fault(act=_signalled(signal.SIGINT, is_group=True), codes=(130,), attempts=_MOST_WORKERS),
    "int_twice": Fault(act=_signalled(signal.SIGINT, signal.SIGINT), codes=(130,), attempts=_MOST_WORKERS),
    "stop": Fault(act=_signalled(signal.SIGSTOP, signal.SIGCONT)),
    "kill_worker": Fault(act=_of_cluster(_WORKER, signal.SIGKILL), codes=(1,), attempts=1, cause=_WORKER_KILLED),
    "kill_workers": Fault(
        act=_of_cluster(_WORKER, signal.SIGKILL, is_all=True), codes=(1,), attempts=_MOST_WORKERS, cause=_WORKER_KILLED
    ),
    "stop_worker": Fault(act=_of_cluster(_WORKER, signal.SIGSTOP)),
    "term_worker": Fault(act=_of_cluster(_WORKER, signal.SIGTERM), codes=(1,), attempts=1, cause=_WORKER_KILLED),
    "kill_raylet": Fault(
        act=_of_cluster("raylet", signal.SIGKILL), codes=ANY, attempts=NUM_CELLS, cause=".", is_loud=True
    ),
    "stop_raylet": Fault(act=_of_cluster("raylet", signal.SIGSTOP)),
    "kill_gcs": Fault(
        act=_of_cluster("gcs_server", signal.SIGKILL), codes=ANY, attempts=NUM_CELLS, cause=".", is_loud=True
    ),
    "cache_removed": Fault(
        act=_cache_removed, codes=(1, 2), attempts=3, cause="No such file|cache", is_everywhere=True
    ),
    "image_replaced": Fault(
        act=_image_replaced, codes=(1, 2), attempts=NUM_CELLS, cause="changed during the run", is_everywhere=True
    ),
    "disk_full": Fault(act=_disk_full, codes=(1, 2), attempts=3 * NUM_CELLS, cause=_ON_DISK, is_everywhere=True),
    "read_only": Fault(act=_read_only, codes=(1, 2), attempts=3 * NUM_CELLS, cause=_ON_DISK, is_everywhere=True),
    "kill_node": Fault(act=_node_lost, codes=(1,), attempts=_MOST_WORKERS, cause=_WORKER_KILLED),
    "trouble": Fault(
        act=_trouble, codes=(1, 2), attempts=3 * NUM_CELLS, cause=_ON_DISK + "|cannot be read|AWS", is_everywhere=True
    ),
    "compacted": Fault(act=_compacted),
    # A run that seems dead loses its claims: each cell in hand may be run twice.
    "clock_jumped": Fault(act=_clock_jumped, attempts=_MOST_TOGETHER),
    **{name: Fault(act=_no_act, codes=(1, 2), cause=_ON_DISK) for name in WRITES},
}

"""What a scenario works on: data, results, caches and notes of its own, which it may break and must mend."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.chaos.command import HOOK, ROOT
from tests.chaos.faulty_proxy import FaultyProxy
from tests.support.raylets import Raylets
from tests.support.searches import searchable

CATEGORIES, SEEDS = ("bottle", "cable", "carpet"), (0, 1, 2)
NUM_CELLS = len(CATEGORIES) * len(SEEDS)
SPACE = """
method = "tests.chaos.noting:Noting"
[objective]
metrics = ["image_auroc"]
[budget]
trials = {num_trials}
[fixed]
backbone = "filter_bank"
[space.smoothing_px]
kind = "float"
low = 0.0
high = 8.0
why = "cheap"
[space.layers]
kind = "subset"
of = [1, 2, 3]
why = "cheap"
"""
NUM_TRIALS = 8
_DISK_BYTES = 24 * 2**20


class World:
    """Folders below one that goes with the scenario."""

    def __init__(self, folder: Path, *, has_disk: bool) -> None:
        """Args:
        folder: Exists and is empty.
        has_disk: Whether results, cache and scratch files are on a small file system of their own.
        """
        self.folder, self.has_disk = folder, has_disk
        self.disk = folder / "disk"
        self.data, self.notes = folder / "data", folder / "notes"
        self.store = self.results = str(self.disk / "results")
        """As the invariants and as commands see it: a faulty proxy may lie between the two."""
        self.cache, self.scratch = self.disk / "cache", self.disk / "tmp"
        for made in (self.notes, self.cache, self.scratch, Path(self.results)):
            made.mkdir(parents=True)
        searchable(self.data, CATEGORIES)
        self.space = folder / "space.toml"
        self.space.write_text(SPACE.format(num_trials=NUM_TRIALS))
        self.where: tuple[str, ...] = ()
        """Flags that say who runs the cells."""
        self.cluster: Raylets | None = None
        self.proxy: FaultyProxy | None = None
        self.mending: list[Callable[[], object]] = []
        """Undo what faults have broken."""

    @property
    def environment(self) -> dict[str, str]:
        """Of every command."""
        ours = {
            "BENCH_CACHE": self.cache,
            "CHAOS_NOTES": self.notes,
            "OMP_NUM_THREADS": 1,
            "PYTHONPATH": ROOT,
            "RAY_TMPDIR": self.folder,
            # A machine under load starts Ray late.
            "RAY_raylet_start_wait_time_s": 180,
            "TMPDIR": self.scratch,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("BENCH_", "CHAOS_"))}
        return inherited | {name: str(value) for name, value in ours.items()}

    def failing_writes(self, error: str, first: int, number: int) -> dict[str, str]:
        """What to add to the environment of a command whose writes fail; see ``hook/sitecustomize.py``."""
        return {
            "CHAOS_WRITES": f"{self.notes}:{Path(self.results)}:{error}:{first}:{number}",
            "PYTHONPATH": f"{HOOK}{os.pathsep}{ROOT}",
        }

    def run(self, policy: str = "failed") -> list[str]:
        """Arguments of the run that ends every scenario but a search."""
        return [
            *("run", "--datasets", "mvtec_ad", "--data", str(self.data), "--methods", "tests.chaos.noting:Noting"),
            *("--backbone", "filter_bank", "--image-size", "32", "--seeds", ",".join(map(str, SEEDS))),
            *("--cpus-per-worker", "1", "--policy", policy, "--json", "--results", self.results, *self.where),
        ]

    @property
    def search(self) -> list[str]:
        """Arguments of the search."""
        return [
            *("search", "mvtec_ad/bottle", "--space", str(self.space), "--data", str(self.data), "--name", "chaos"),
            *("--image-size", "32", "--cpus-per-trial", "1", "--refit", "none", "--resume"),
            *("--results", self.results, *self.where),
        ]

    def num_notes(self, kind: str) -> int:
        """Executions (``fit``) or failed writes (``write``) so far."""
        return len(list(self.notes.glob(f"{kind}-*")))

    def mend(self) -> None:
        """Undo what is broken, the last thing first."""
        while self.mending:
            self.mending.pop()()


@contextmanager
def new_world() -> Iterator[World]:
    """A world that is removed afterwards, with a small disk where this user may mount one."""
    with ExitStack() as stack:
        # Ray's sockets have names of at most 107 bytes.
        folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "disk").mkdir()
        has_disk = _mounted("-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", folder / "disk")
        if has_disk:
            stack.callback(subprocess.run, ["umount", "--lazy", folder / "disk"], check=True)
        world = World(folder, has_disk=has_disk)
        stack.callback(world.mend)
        yield world


def _mounted(*arguments: str | Path) -> bool:
    if os.geteuid() != 0:
        return False
    return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode == 0


def remounted(disk: Path, how: str) -> bool:
    """Make a disk of a world read-only (``ro``) or not (``rw``); refused while a file on it is open for writing."""
    return _mounted("-o", f"remount,{how}", disk)

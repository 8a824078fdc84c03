"""Which run has which cells in hand, so that several runs on one store do not do the same work.

A run has one file in ``claims/`` with the cells that it holds. To take a cell it first writes the cell into its own
file and then reads the files of the others: a cell that another one names too is given back. Of two runs one has
written before the other reads, so two never keep the same cell. That takes no lock and no conditional write, which
pyarrow's S3 file system does not offer: a store whose listings show every earlier write is enough, as those of a local
disk, S3 and Google Cloud Storage do.

A file that is not written again within ``EXPIRY_SECONDS`` is that of a dead run. Both moments are of the store's own
clock, so clocks of machines may differ. On its own machine a run that has ended is known at once. If a run is stopped
for longer and then goes on, a cell may be run twice; the later record stays.
"""

import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from harness.environment import host_name, now
from harness.store.folders import Folder

EXPIRY_SECONDS = 120.0
"""Of the store's clock, after which a run that has not renewed its claim counts as dead."""
RENEWAL_SECONDS = 20.0
"""How often a run renews its claim."""
_LOOK_SECONDS = 2.0
"""A cell that another run holds is not looked for again sooner."""
_FOLDER = "claims"


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """A run that holds cells."""

    host: str
    pid: int
    machine: str
    """The same for processes that can see each other; empty where that is not known."""
    started_at: str
    """ISO 8601, UTC."""
    cells: tuple[str, ...] = ()
    """Ids of the cells in its hands."""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    @property
    def has_ended(self) -> bool:
        """Whether this machine knows that the process is no more."""
        if not self.machine or self.machine != _machine():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
        return False


class Claims:
    """The claim of one run. Its methods may be called from several threads."""

    def __init__(self, folder: Folder, me: Claimant | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is written before ``begin``.

        Args:
            folder: Of the store.
            me: Who claims; None for this process.
            clock: Seconds; only spaces out looks at what others hold.
        """
        self._folder, self._clock = folder, clock
        self._me = me or Claimant(host=host_name(), pid=os.getpid(), machine=_machine(), started_at=now())
        self._name = f"{self._me.host}-{self._me.pid}-{secrets.token_hex(4)}.json"
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._has_begun = False
        self._others: list[Claimant] = []
        self._looked_at = -float("inf")

    @property
    def name(self) -> str:
        """Of the file in the store, which is there between ``begin`` and ``end``."""
        return self._name

    def begin(self) -> list[Claimant]:
        """Tell other runs of this one.

        Returns:
            Those that go on, by the time of their start. Files of dead ones are deleted.

        Raises:
            OSError: The claim cannot be written or others cannot be read.
        """
        with self._lock:
            self._write()
            self._look()
            return sorted(self._others, key=lambda each: each.started_at)

    def take(self, name: str) -> Claimant | None:
        """Claim a cell, unless another run holds it; after ``begin``.

        Returns:
            Who holds it; None where this run does now, or did before.

        Raises:
            OSError: The claim cannot be written or read.
        """
        with self._lock:
            if name in self._held:
                return None
            if self._holder(name) is not None and self._clock() - self._looked_at < _LOOK_SECONDS:
                return self._holder(name)
            self._look()
            if (holder := self._holder(name)) is not None:
                return holder
            self._held.add(name)
            self._write()
            self._look()
            if (holder := self._holder(name)) is not None:
                # Both may give it back; whoever asks again first has it.
                self._held.remove(name)
                self._write()
            return holder

    def release(self, name: str) -> None:
        """Hold a cell no longer; others see it with the next write."""
        with self._lock:
            self._held.discard(name)

    def renew(self) -> None:
        """Show that this run goes on.

        Raises:
            OSError: The claim cannot be written.
        """
        with self._lock:
            if self._has_begun:
                self._write()

    def end(self) -> None:
        """Hold nothing and leave no file.

        Raises:
            OSError: The file cannot be deleted; it expires by itself.
        """
        with self._lock:
            self._held.clear()
            if self._has_begun:
                self._folder.delete(f"{_FOLDER}/{self._name}")
                self._has_begun = False

    def _holder(self, name: str) -> Claimant | None:
        return next((each for each in self._others if name in each.cells), None)

    def _write(self) -> None:
        content = replace(self._me, cells=tuple(sorted(self._held)))
        self._has_begun = True  # a put that fails may have been carried out
        self._folder.put(f"{_FOLDER}/{self._name}", json.dumps(asdict(content)).encode())

    def _look(self) -> None:
        stamps = {name: stamp for name, stamp in self._folder.stamps(_FOLDER).items() if not name.startswith(".")}
        # Of this run's own file, written when it last showed that it goes on; others may have taken it for dead.
        store_now = stamps.pop(self._name).modified_ns if self._name in stamps else 0
        self._others = []
        for name, stamp in stamps.items():
            # Read each time: in an object store, two writes of one second can have equal stamps.
            claimant = self._read(name)
            if claimant is None:
                continue
            if claimant.has_ended or store_now - stamp.modified_ns > EXPIRY_SECONDS * 1e9:
                with suppress(OSError):
                    self._folder.delete(f"{_FOLDER}/{name}")
                continue
            self._others.append(claimant)
        self._looked_at = self._clock()

    def _read(self, name: str) -> Claimant | None:
        """A claim; None if it was deleted, or is none."""
        try:
            found: dict[str, Any] = json.loads(self._folder.get(f"{_FOLDER}/{name}"))
            return Claimant(**found | {"cells": tuple(found["cells"])})
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None


def claim_names(folder: Folder) -> frozenset[str]:
    """Names of the claims in a store.

    Raises:
        OSError: The folder cannot be read.
    """
    return frozenset(folder.stamps(_FOLDER))


@cache
def _machine() -> str:
    """The boot and the process namespace of this process; empty where Linux does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
